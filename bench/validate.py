"""Validate over HTTP against an empty Django view and against HasAPIKey, interleaved: `make bench-validate`.

One granian process each, with the same options and on the same core; the load is a process on another. Prints the
conditions, a table, and as its last line the figures. p50 and p99 in that line are taken with one connection: what a
call costs that waits for nobody. Ratios are medians of the rounds' ratios. `sql_per_validate` is what PostgreSQL itself
counted during one more sample, of identities that are known by then, less what the servers need while nobody calls.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import conditions, cpu, figures, report, stack, statements, targets
from bench.sampling import Sample
from bench.targets import EMPTY, PEER, VALIDATE, VIEW, Target

ORGANIZATIONS, KEYS_EACH = 100, 10
CONNECTIONS = 8
SECONDS = 3.0
HEAD = ("", "answers/s", "× empty view", "p50 ms", "p99 ms", *report.USAGE, "unexpected answers")

Samples = Mapping[str, Sequence[Sample]]


def main() -> None:
    options = _options()
    began = time.monotonic()
    cores = cpu.one_for_the_server(cpu.available())
    with stack.stores(cores) as var:
        # Its models need the settings of this stack.
        from bench import customers

        credential, known = customers.open_gateway(), customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH)
        with targets.running(var, cores, customers=known, credential=credential) as servers:
            print(*conditions.lines(*_conditions(cores, options)), sep="\n", end="\n\n", flush=True)
            for name in (VALIDATE, VIEW):
                servers[name].ask_everything_once(cores)
            many = _measure(servers, cores, options, connections=CONNECTIONS)
            alone = _measure(servers, cores, options, connections=1)
            with statements.counted(var) as counted:
                warm = servers[VALIDATE].sample(cores, connections=CONNECTIONS, seconds=options.seconds)
            idle = statements.of_idle_servers(var, counted.seconds)
    _check(many, alone)
    _print(many, alone)
    answers = warm.result.answers
    print(f"{counted.count} SQL statements during {answers} answers of validate, {idle} in as long without any call.")
    line = last_line(many, alone, sql_per_validate=max(0, counted.count - idle) / answers)
    print(f"Took {time.monotonic() - began:.0f} s.\n\n{line}")


def last_line(many: Samples, alone: Samples, *, sql_per_validate: float) -> str:
    """Return the figures, from the samples with several connections and from those with one."""
    rates = {name: [sample.rate for sample in samples] for name, samples in many.items()}
    p50 = {name: [sample.result.p50_ms for sample in samples] for name, samples in alone.items()}
    return figures.last_line(
        validate_vs_empty=figures.median_ratio(rates[VALIDATE], rates[EMPTY]),
        validate_vs_peer=figures.median_ratio(rates[VALIDATE], rates[PEER]),
        p50_vs_empty=figures.median_ratio(p50[VALIDATE], p50[EMPTY]),
        p99_ms=figures.median([sample.result.p99_ms for sample in alone[VALIDATE]]),
        drf_vs_empty=figures.median_ratio(rates[VIEW], rates[EMPTY]),
        sql_per_validate=sql_per_validate,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=figures.ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each sample")
    return parser.parse_args()


def _conditions(cores: cpu.Cores, options: argparse.Namespace) -> Iterable[tuple[str, str]]:
    yield "Servers", f"granian, one process of {stack.BLOCKING_THREADS} blocking threads each"
    yield "Pinning", str(cores)
    drawn = "drawn at random and asked for once before; two rates and running jobs a call"
    yield "Customers", f"{ORGANIZATIONS} organizations with {KEYS_EACH} keys each, {drawn}"
    yield (
        "Samples",
        f"{options.rounds} rounds, interleaved, {options.seconds:g} s each after {targets.WARM_UP_SECONDS} s",
    )


def _measure(
    servers: Mapping[str, Target], cores: cpu.Cores, options: argparse.Namespace, *, connections: int
) -> dict[str, list[Sample]]:
    """Sample every server in every round, each round beginning with another one."""
    samples: dict[str, list[Sample]] = {name: [] for name in servers}
    names = list(servers)
    for number in range(options.rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            samples[name].append(servers[name].sample(cores, connections=connections, seconds=options.seconds))
    return samples


def _check(*measured: Samples) -> None:
    for samples in measured:
        for name, of_name in samples.items():
            report.check(name, of_name)
        for sample in [*samples[VALIDATE], *samples[VIEW]]:
            for answer in map(json.loads, sample.result.kept):
                # An uncounted one is among the unexpected, which the table shows.
                assert answer["degraded"] or (answer["code"], len(answer["limits"])) == ("VALID", 3), answer


def _print(many: Samples, alone: Samples) -> None:
    for connections, samples in ((CONNECTIONS, many), (1, alone)):
        print(f"{connections} connection{'s' if connections > 1 else ''}, medians:\n")
        print(figures.table(HEAD, [_row(name, samples) for name in samples]), end="\n\n")
        for name, of_name in samples.items():
            print(f"- {name}, answers/s by round: {report.spread(of_name)}")
        print()
    everything = [sample for samples in (many, alone) for of_name in samples.values() for sample in of_name]
    print(report.load_bound(everything), report.foreign(everything), sep="\n")


def _row(name: str, samples: Samples) -> list[str]:
    own, empty = samples[name], samples[EMPTY]
    ratio = figures.median_ratio([sample.rate for sample in own], [sample.rate for sample in empty])
    return [
        name,
        report.cell(report.rate(own)),
        report.cell(ratio, 2),
        report.cell(report.median(own, lambda sample: sample.result.p50_ms), 2),
        report.cell(report.median(own, lambda sample: sample.result.p99_ms), 2),
        *report.usage(own),
        report.wrong(own),
    ]


if __name__ == "__main__":
    report.or_one_line(main)
