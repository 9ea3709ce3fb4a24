"""Where the time of a call goes, step by step: `python bench/steps.py`. Prints a table for validate and one for ingest.

The application is called in a process of its own, without a server; what the server and its sockets add is the
difference to a call over HTTP on one connection. A step's time is what it took itself, without the steps inside it.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import cpu, figures, generations, load, payload, sampling, stack, stepping
from bench.payload import Customer
from bench.stopwatch import WHOLE

ORGANIZATIONS, KEYS_EACH = 50, 2
SECONDS = 2.0
DJANGO = "django.db.backends.base.base:BaseDatabaseWrapper"
GATEWAY = "axis_admin.gateway"
EVERYWHERE: tuple[tuple[str, str] | tuple[str, str, bool], ...] = (
    ("Django REST framework", "rest_framework.views:APIView.dispatch"),
    ("authentication", f"{GATEWAY}.authentication:GatewayBearer.authenticate"),
    ("gateway's credential", "keys.identities:find_gateway"),
    ("parsing credentials", "keys.secrets:parse"),
    ("unsealing digests", "keys.secrets:unseal"),
    ("is the connection alive?", f"{DJANGO}.close_if_health_check_failed"),
    ("SQL", "psycopg:Cursor.execute", True),
    ("metrics", "prometheus_client.metrics:MetricWrapperBase.labels"),
    ("metrics", "prometheus_client:Counter.inc"),
    ("metrics", "prometheus_client:Histogram.observe"),
    ("metrics", "prometheus_client:Gauge.inc"),
    ("metrics", "prometheus_client:Gauge.dec"),
    ("writing JSON", f"{GATEWAY}.wire:dumps"),
)
VALIDATE = (
    *EVERYWHERE,
    ("our view", f"{GATEWAY}.views:Validate.post"),
    ("reading the call", f"{GATEWAY}.views:_ask"),
    ("deciding", "keys.decisions:decide"),
    ("identity", "keys.identities:find"),
    ("the checks", "keys.verdicts:failed_checks"),
    ("limits", "keys.limits.limiter:Limiter.spend"),
    ("the script in Valkey", "redis:Redis.execute_command"),
    ("the answer", f"{GATEWAY}.answers:of_decision"),
    ("RateLimit headers", "keys.limits.headers:of"),
)
INGEST = (
    *EVERYWHERE,
    ("our view", f"{GATEWAY}.views:Generations.post"),
    ("reading JSON", f"{GATEWAY}.wire:loads"),
    ("judging the items", "metering.batches:Batch.candidates"),
    ("names", "metering.names:look_up"),
    ("fence", "metering.fences:share"),
    ("periods", "metering.assignment:assign"),
    ("insert and count", "metering.insertion:insert"),
    ("commit", "psycopg:Connection.commit"),
    ("results", "metering.batches:Batch.accept"),
)
PATHS = {"validate": "/gateway/v1/keys/validate", "ingest": "/gateway/v1/generations"}
HEAD = ("", "µs", "of which CPU µs", "times")
SERVER = "HTTP server, sockets, and the other thread's share of the interpreter"


def main() -> None:
    options = _options()
    cores = cpu.one_for_the_server(cpu.available())
    with stack.stores(cores) as var:
        # Its models need the settings of this stack.
        from bench import customers

        credential, known = customers.open_gateway(), customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH)
        authorization = f"Bearer {credential}"
        with stack.gateway(var).running(cores.server) as server:
            asks = [payload.ask(customer) for customer in known]
            plan = stepping.Plan(
                "axis_admin.wsgi:application", PATHS["validate"], authorization, "", '"VALID"', VALIDATE,
                calls=options.calls, cores=tuple(cores.server),
            )  # fmt: skip
            _show("POST keys/validate", plan, asks, server, cores, var)
            batches = [_batches(known, options.batches) for _ in range(2)]
            plan = replace(
                plan, path=PATHS["ingest"], expect=f'"accepted":{generations.BATCH},', steps=INGEST, once=True
            )
            _show("POST generations, a batch of 200", plan, batches[0], server, cores, var, over_http=batches[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=4_000, help="of validate")
    parser.add_argument("--batches", type=int, default=300, help="of ingest")
    return parser.parse_args()


def _batches(known: Sequence[Customer], count: int) -> list[bytes]:
    return generations.batches(count, known, since=datetime.now(UTC), chance=Random())


def _show(
    title: str, plan: stepping.Plan, bodies: Sequence[bytes], server: stack.Server, cores: cpu.Cores, var: Path,
    *, over_http: Sequence[bytes] = (),
) -> None:  # fmt: skip
    """Print the table of one endpoint; `over_http` are other bodies for the call through the server."""
    file = var / "steps.bodies"
    file.write_bytes(payload.pack(bodies))
    spent = _spent(replace(plan, bodies=str(file)))
    whole = _over_http(plan, over_http or bodies, server, cores, var)
    (inside, _, _) = spent.pop("")
    rest = spent.pop(WHOLE)
    rows = [[name, *_cells(values)] for name, values in sorted(spent.items(), key=lambda one: -one[1][0])]
    rows = [
        ["over HTTP, on one connection (p50)", f"{whole:.0f}", "", "1"],
        [SERVER, f"{whole - inside:.0f}", "", ""],
        ["in the process, without the stopwatch", f"{inside:.0f}", "", "1"],
        *rows,
        ["Django: the handler, middleware, the address", *_cells(rest)],
    ]
    print(f"{title}, medians:\n\n{figures.table(HEAD, rows)}\n", flush=True)


def _cells(values: Sequence[float]) -> list[str]:
    wall, processor, times = values
    return [f"{wall:.0f}", f"{processor:.0f}", f"{times:g}"]


def _spent(plan: stepping.Plan) -> dict[str, Sequence[float]]:
    environ = {**os.environ, "AXIS_SURFACE": "gateway"}
    command = [sys.executable, "-m", "bench.stepping", json.dumps(asdict(plan))]
    done = subprocess.run(command, cwd=stack.ROOT, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    spent: dict[str, Sequence[float]] = json.loads(done.stdout)
    return spent


def _over_http(
    plan: stepping.Plan, bodies: Sequence[bytes], server: stack.Server, cores: cpu.Cores, var: Path
) -> float:
    """Return the p50 in microseconds of a call through the server."""
    file = var / "steps.requests"
    requests = [payload.request(plan.path, body, port=server.port, authorization=plan.authorization) for body in bodies]
    file.write_bytes(payload.pack(requests))
    asked = load.Plan(
        server.port, str(file), once=plan.once, seconds=0 if plan.once else SECONDS, expect=plan.expect,
        cores=tuple(cores.load),
    )  # fmt: skip
    return sampling.of_load(asked, server=server.pid).result.p50_ms * 1000


if __name__ == "__main__":
    main()
