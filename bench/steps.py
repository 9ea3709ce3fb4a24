"""Where the time of a call goes, step by step: `python bench/steps.py`. Prints a table for validate and one for ingest.

The application is called in a process of its own, without a server; what the server and its sockets add is the
difference to a call over HTTP on one connection. A step's time is what it took itself, without the steps inside it.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import cpu, figures, generations, load, payload, report, sampling, stack, stepping
from bench.payload import Customer
from bench.stopwatch import NOTHING, WHOLE, Spent

ORGANIZATIONS, KEYS_EACH = 50, 2
SECONDS, WARM_UP_SECONDS = 2.0, 0.3
DJANGO = "django.db.backends.base.base:BaseDatabaseWrapper"
GATEWAY = "axis_admin.gateway"
EVERYWHERE: tuple[tuple[str, str] | tuple[str, str, bool], ...] = (
    ("Django REST framework", "rest_framework.views:APIView.dispatch"),
    ("authentication", f"{GATEWAY}.authentication:GatewayBearer.authenticate"),
    ("gateway's credential", "keys.known:gateway"),
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
    ("the door before Django", f"{GATEWAY}.dispatch:_answered"),
    ("reading the call", f"{GATEWAY}.envelopes:ask_at_once"),
    ("deciding", "keys.decisions:decide"),
    ("identity", "keys.known:recall"),
    ("the checks", "keys.verdicts:failed_checks"),
    ("limits", "keys.limits.limiter:Limiter.spend"),
    ("the script in Valkey", "keys.limits.line:Line.ask"),
    ("the answer", f"{GATEWAY}.answers:of_decision"),
    ("RateLimit headers", "keys.limits.headers:of"),
)
INGEST = (
    *EVERYWHERE,
    ("our view", f"{GATEWAY}.views:Generations.post"),
    ("reading JSON", f"{GATEWAY}.wire:loads"),
    ("ledger", "metering.ledger:append"),
    ("judging the items", "metering.batches:Batch.candidates"),
    ("names", "metering.names:look_up"),
    ("fence", "metering.fences:share"),
    ("periods", "metering.assignment:assign"),
    ("idempotency keys", "metering.claims:take"),
    ("insert and count", "metering.insertion:insert"),
    ("commit", "psycopg:Connection.commit"),
    ("results", "metering.batches:Batch.accept"),
    ("counters of limits", "metering.windows_settled:tell"),
)
HEAD = ("", "µs", "of which CPU µs", "times")
SERVER, REST = "HTTP server and sockets", "Django: handler, middleware, address"
ROUNDS = 3


@dataclass(frozen=True)
class Endpoint:
    """What is called, by which gateway, and where: in a process of its own, and through a server."""

    title: str
    plan: stepping.Plan
    server: stack.Server
    cores: cpu.Cores
    var: Path

    def show(self, bodies: Callable[[], Sequence[bytes]]) -> None:
        """Print the table; `bodies` makes new ones, because the same generation counts only once."""
        inside, through = [], []
        for _ in range(ROUNDS):
            inside.append(self._inside(bodies()))
            through.append(self._through(bodies()))
        spent = {name: _median([one.get(name, NOTHING) for one in inside]) for name in inside[0]}
        print(f"{self.title}, medians:\n\n{figures.table(HEAD, _rows(spent, figures.median(through)))}\n", flush=True)

    def _inside(self, bodies: Sequence[bytes]) -> dict[str, Spent]:
        file = self.var / "steps.bodies"
        file.write_bytes(payload.pack(bodies))
        plan = replace(self.plan, bodies=str(file), cores=tuple(self.cores.server))
        command = [sys.executable, "-m", "bench.stepping", json.dumps(asdict(plan))]
        environ = {**os.environ, "AXIS_SURFACE": "gateway"}
        done = subprocess.run(command, cwd=stack.ROOT, env=environ, check=True, stdout=subprocess.PIPE, text=True)
        return {name: Spent(*spent) for name, spent in json.loads(done.stdout).items()}

    def _through(self, bodies: Sequence[bytes]) -> float:
        """Return the p50 in microseconds of a call through the server, on one connection."""
        file, port = self.var / "steps.requests", self.server.port
        authorization = self.plan.authorization
        requests = [payload.request(self.plan.path, one, port=port, authorization=authorization) for one in bodies]
        file.write_bytes(payload.pack(requests))
        once, cores = self.plan.once, tuple(self.cores.load)
        # What counts only once cannot be asked for a time, nor to warm up.
        seconds, warm_up = (0.0, 0.0) if once else (SECONDS, WARM_UP_SECONDS)
        plan = load.Plan(port, str(file), once=once, seconds=seconds, warm_up=warm_up, cores=cores)
        return sampling.of_load(plan, servers=self.server.pids).result.p50_ms * 1000


def main() -> None:
    options = _options()
    cores = cpu.one_for_the_server(cpu.available())
    with stack.stores(cores) as var:
        # Its models need the settings of this stack.
        from bench import customers

        gateway, known = f"Bearer {customers.open_gateway()}", customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH)
        asks = [payload.ask(customer) for customer in known]
        with stack.gateway(var).running(cores.server) as server:
            plan = stepping.Plan(
                application="axis_admin.wsgi:application", path="/gateway/v1/keys/validate", authorization=gateway,
                bodies="", expect='"VALID"', steps=VALIDATE, calls=options.calls,
            )  # fmt: skip
            Endpoint("POST keys/validate", plan, server, cores, var).show(lambda: asks)
            accepted = f'"accepted":{generations.BATCH},'
            plan = replace(plan, path="/gateway/v1/generations", expect=accepted, steps=INGEST, once=True)
            batches = partial(_batches, options.batches, known)
            Endpoint("POST generations, a batch of 200", plan, server, cores, var).show(batches)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=3_000, help="of validate, each round")
    parser.add_argument("--batches", type=int, default=100, help="of ingest, each round")
    return parser.parse_args()


def _batches(count: int, known: Sequence[Customer]) -> list[bytes]:
    return generations.batches(count, known, since=datetime.now(UTC), chance=Random())


def _median(rounds: Sequence[Spent]) -> Spent:
    return Spent(*(figures.median(values) for values in zip(*rounds, strict=True)))


def _rows(spent: Mapping[str, Spent], through: float) -> list[list[str]]:
    """Return the whole call, what the server adds to it, and the steps, the longest first."""
    steps = sorted((item for item in spent.items() if item[0] != stepping.UNTIMED), key=lambda item: -item[1].wall_us)
    inside = spent[stepping.UNTIMED].wall_us
    return [
        ["over HTTP, one connection (p50)", f"{through:.0f}", "", "1"],
        [SERVER, f"{through - inside:.0f}", "", ""],
        ["in the process, without the stopwatch", f"{inside:.0f}", "", "1"],
        *([REST if name == WHOLE else name, *_cells(one)] for name, one in steps),
    ]


def _cells(spent: Spent) -> list[str]:
    return [f"{spent.wall_us:.0f}", f"{spent.cpu_us:.0f}", f"{spent.times:g}"]


if __name__ == "__main__":
    report.or_one_line(main)
