"""A million keys against ten thousand, and how quickly a gateway refuses what was revoked: `make bench-keys`.

Two databases in one PostgreSQL, alike but for the number of keys, each with two gateways of one process: one that
remembers identities (warm: all of them are known by then) and one that remembers a single one (cold: every call reads
the row). Samples are interleaved; ratios are medians of the rounds' ratios. Then keys are revoked by the action behind
the page, while gateways that keep identities and poll each second, the example of docs/gateway.md, are asked about
them: from the beginning of the action to the first refusal.
"""

import argparse
import base64
import os
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
from psycopg.conninfo import make_conninfo

from bench import conditions, cpu, figures, load, payload, report, sampling, stack, targets
from bench.payload import Customer
from bench.sampling import Sample
from bench.targets import Target

ORGANIZATIONS, FEW, MANY = 250, 10_000, 1_000_000
# Ids of the keys that are written by COPY; those that staff have issued are far below.
FIRST = 1_000_000
GATEWAYS, REVOCATIONS = 4, 100
CONNECTIONS, SECONDS = 8, 3.0
# Of the million as many are asked for as the small table has, all over it: nothing but its size differs.
COLD_EVERY, WARM = MANY // FEW, FEW
FEW_DATABASE = "few"
WARM_FEW, WARM_MANY = "warm, 10,000 keys", "warm, 1,000,000 keys"
COLD_FEW, COLD_MANY = "cold, 10,000 keys", "cold, 1,000,000 keys"
HEAD = ("", "answers/s", "× few keys", "p50 ms", "p99 ms", *report.USAGE, "unexpected answers")

Samples = Mapping[str, Sequence[Sample]]


def main() -> None:
    options = _options()
    began = time.monotonic()
    cores = cpu.one_for_the_server(cpu.available())
    with stack.stores(cores) as var:
        from bench import customers

        credential = customers.open_gateway()
        few, many = _written(var, options)
        _tell(f"written after {time.monotonic() - began:.0f} s")
        with _running(var, cores, few, many, credential) as servers:
            print(*conditions.lines(*_conditions(cores, options)), sep="\n", end="\n\n", flush=True)
            samples = _measure(servers, cores, options)
            delays = _revoke(servers[WARM_MANY], credential, few, options)
    _print(samples, delays)
    print(f"Took {time.monotonic() - began:.0f} s.\n\n{last_line(samples, delays)}")


def last_line(samples: Samples, delays: Sequence[float]) -> str:
    """Return the figures: throughput with many keys against few, cold and warm, and the p99 of a revocation."""
    rates = {name: [sample.rate for sample in of_name] for name, of_name in samples.items()}
    ascending = sorted(delays)
    return figures.last_line(
        many_vs_few_warm=figures.median_ratio(rates[WARM_MANY], rates[WARM_FEW]),
        many_vs_few_cold=figures.median_ratio(rates[COLD_MANY], rates[COLD_FEW]),
        revoke_p50_s=figures.percentile(ascending, 0.5),
        revoke_p99_s=figures.percentile(ascending, 0.99),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=figures.ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each sample")
    parser.add_argument("--keys", type=int, default=MANY, help="in the larger table")
    parser.add_argument("--organizations", type=int, default=ORGANIZATIONS)
    parser.add_argument("--revocations", type=int, default=REVOCATIONS)
    return parser.parse_args()


def _conditions(cores: cpu.Cores, options: argparse.Namespace) -> Iterable[tuple[str, str]]:
    yield "Servers", f"granian, one process of {stack.BLOCKING_THREADS} blocking threads each, production's settings"
    yield "Pinning", str(cores)
    yield "Keys", f"{FEW:,} and {options.keys:,}, of {options.organizations:,} organizations; three rates a call"
    yield "Asked for", f"warm {WARM:,} keys; cold {FEW:,} and {options.keys // COLD_EVERY:,} all over the table"
    yield "Samples", f"{options.rounds} rounds, interleaved, {options.seconds:g} s each, {CONNECTIONS} connections"
    yield "Revocations", f"{options.revocations}, at {GATEWAYS} gateways that poll once a second"


def _written(var: Path, options: argparse.Namespace) -> tuple[list[Customer], list[Customer]]:
    """Make both databases; returns the customers of both, and those that only the large one has."""
    from django.db import connection

    from axis_admin import embedded
    from bench import many_keys

    login = stack.owner_login(var)
    organizations, pattern = many_keys.sign_up(options.organizations)
    told = {"like": pattern, "organizations": organizations}
    few = many_keys.write(login, first=FIRST, count=FEW, every=1, **told)
    connection.close()
    with psycopg.connect(make_conninfo(login, dbname="postgres"), autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {FEW_DATABASE} TEMPLATE {embedded.DATABASE}")
    more = options.keys - FEW
    many = many_keys.write(login, first=FIRST + FEW, count=more, every=COLD_EVERY, **told)
    superuser = make_conninfo(login, user="postgres", dbname="postgres")
    with psycopg.connect(superuser, autocommit=True) as connected:
        connected.execute("CHECKPOINT")
    return few, many


@contextmanager
def _running(
    var: Path, cores: cpu.Cores, few: Sequence[Customer], many: Sequence[Customer], credential: str
) -> Iterator[dict[str, Target]]:
    from axis_admin import embedded

    large, small = _environ(var, embedded.DATABASE, 0), _environ(var, FEW_DATABASE, 2)
    cold = {"AXIS_IDENTITIES_KEPT": "1"}
    warm = many[:: max(1, len(many) // WARM)][:WARM]
    asked = {
        WARM_FEW: (stack.gateway(var, name="warm-few", **small), few),
        WARM_MANY: (stack.gateway(var, name="warm-many", **large), warm),
        COLD_FEW: (stack.gateway(var, name="cold-few", **small, **cold), few),
        COLD_MANY: (stack.gateway(var, name="cold-many", **large, **cold), many),
    }
    with ExitStack() as opened:
        for server, _ in asked.values():
            opened.enter_context(server.running(cores.server))
        yield {name: _target(var, server, of, credential) for name, (server, of) in asked.items()}


def _environ(var: Path, database: str, counters: int) -> dict[str, str]:
    """Return production's settings, of one database and one of the counter store's."""
    from django.conf import settings

    from axis_admin import embedded

    ring = ",".join(base64.b64encode(key).decode() for key in settings.FIELD_KEYS)
    return {
        "DATABASE_URL": f"postgres://{embedded.APPLICATION}@/{database}?host={embedded.run_dir(var)}",
        "VALKEY_URL": f"unix://{embedded.valkey_socket(var)}?db={counters}",
        "CELERY_BROKER_URL": f"redis+socket://{embedded.valkey_socket(var)}?virtual_host=1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": ring,
        "AUDIT_SIGNING_KEYS": base64.b64encode(os.urandom(32)).decode(),
        "AXIS_ALLOW_NO_MFA": "1",
        "ALLOWED_HOSTS": "127.0.0.1",
    }


def _target(var: Path, server: stack.Server, customers: Sequence[Customer], credential: str) -> Target:
    path, authorization = "/gateway/v1/keys/validate", f"Bearer {credential}"
    requests = [
        payload.request(path, payload.ask(one), port=server.port, authorization=authorization) for one in customers
    ]
    file = var / f"{server.name}.requests"
    file.write_bytes(payload.pack(requests))
    return Target(server, file, targets.ADMITTED)


def _ask_each(target: Target, cores: cpu.Cores) -> None:
    """Have the server know every key that it is asked for."""
    plan = load.Plan(port=target.server.port, requests=str(target.requests), once=True, cores=tuple(cores.load))
    sampling.of_load(plan, servers=target.server.pids)


def _measure(servers: Mapping[str, Target], cores: cpu.Cores, options: argparse.Namespace) -> Samples:
    """Sample every server in every round, each round beginning with another one."""
    samples: dict[str, list[Sample]] = {name: [] for name in servers}
    names = list(servers)
    for number in range(options.rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            if name in (WARM_FEW, WARM_MANY):
                # A store that was slow for a moment makes a process forget everybody.
                _ask_each(servers[name], cores)
            samples[name].append(servers[name].sample(cores, connections=CONNECTIONS, seconds=options.seconds))
    for name, of_name in samples.items():
        report.check(name, of_name)
    return samples


def _revoke(target: Target, credential: str, customers: Sequence[Customer], options: argparse.Namespace) -> list[float]:
    from bench import revoking

    docs, port = stack.ROOT / "docs" / "gateway.md", target.server.port
    gateways = [
        revoking.Gateway(f"gw-{number}", port=port, credential=credential, docs=docs) for number in range(GATEWAYS)
    ]
    watches = revoking.revoke(gateways, customers[: options.revocations], _tell)
    for gateway in gateways:
        gateway.stop()
    delays = [at - watch.began for watch in watches for at in watch.refused.values()]
    late = len(watches) * len(gateways) - len(delays)
    if late:
        raise report.Spoiled(f"{late} refusals did not come within {revoking.PATIENCE_SECONDS:g} s.")
    return delays


def _print(samples: Samples, delays: Sequence[float]) -> None:
    base = {WARM_FEW: WARM_FEW, WARM_MANY: WARM_FEW, COLD_FEW: COLD_FEW, COLD_MANY: COLD_FEW}
    print(f"{CONNECTIONS} connections, medians:\n")
    print(figures.table(HEAD, [_row(name, samples[name], samples[base[name]]) for name in samples]), end="\n\n")
    for name, of_name in samples.items():
        print(f"- {name}, answers/s by round: {report.spread(of_name)}")
    everything = [sample for of_name in samples.values() for sample in of_name]
    print("", report.load_bound(everything), report.foreign(everything), "", sep="\n")
    ascending = sorted(delays)
    told = ", ".join(
        f"p{share:.0%}".rstrip("%") + f" {figures.percentile(ascending, share):.2f} s" for share in (0.5, 0.9, 0.99)
    )
    print(
        f"From a revocation to the refusal at a gateway, {len(delays)} of them: {told}, at most {ascending[-1]:.2f} s."
    )


def _row(name: str, own: Sequence[Sample], few: Sequence[Sample]) -> list[str]:
    ratio = figures.median_ratio([sample.rate for sample in own], [sample.rate for sample in few])
    return [
        name,
        report.cell(report.rate(own)),
        report.cell(ratio, 2),
        report.cell(report.median(own, lambda sample: sample.result.p50_ms), 2),
        report.cell(report.median(own, lambda sample: sample.result.p99_ms), 2),
        *report.usage(own),
        report.wrong(own),
    ]


def _tell(said: str) -> None:
    print(said, file=sys.stderr, flush=True)


if __name__ == "__main__":
    report.or_one_line(main)
