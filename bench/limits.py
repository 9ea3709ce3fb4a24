"""What limits cost: `make bench-limits`.

The script alone against plain GET on the same Valkey, by the same client over the same number of lines, and beside it
what of that is deciding without spending, and what an empty script costs that is told the same words; validate over
HTTP with six limits against one; 16 processes at one organization's limits; and what if over a week. Prints the
conditions, tables, and as its last line the figures.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import commands, conditions, cpu, figures, payload, report, sampling, stack, what_if
from bench.sampling import Sample
from bench.targets import ADMITTED, Target

LINES = 8
SECONDS, WARM_UP_SECONDS = 1.5, 0.3
ORGANIZATIONS, KEYS_EACH = 50, 4
SCRIPT, GET = "decisions with six limits", "GET"
UNSPENT, WORDS = "the same, nothing spent", "their words, to an empty script"
SIX, ONE = "validate, six limits", "validate, one limit"


@dataclass(frozen=True)
class Asked:
    """What the store answered in one sample, and who used the processor meanwhile; the store is the server here."""

    result: commands.Result
    shares: cpu.Shares

    @property
    def rate(self) -> float:
        return self.result.rate


def main() -> None:
    options = _options()
    began = time.monotonic()
    cores = cpu.one_for_the_server(cpu.available())
    with stack.stores(cores) as var:
        weeks = what_if.milliseconds(var)
        print(*conditions.lines(*_conditions(cores, options)), sep="\n", end="\n\n", flush=True)
        alone = _script_alone(var, cores, options)
        # These models and settings need the stack.
        from bench import deciding

        admitted = deciding.admitted_by_all()
        over_http = _over_http(var, cores, options)
    _print(alone, over_http)
    print(
        f"What if, ms by round: {figures.rounds(weeks)}. {deciding.PROCESSES} processes: {admitted} of {deciding.MOST}."
    )
    print(f"Took {time.monotonic() - began:.0f} s.\n")
    print(last_line(alone, over_http, exact=admitted / deciding.MOST, weeks=weeks))


def last_line(
    alone: Mapping[str, Sequence[Asked]],
    over_http: Mapping[str, Sequence[Sample]],
    *,
    exact: float,
    weeks: Sequence[float],
) -> str:
    """Return the figures. Of validate the time is the median of what one call on one connection takes."""
    rates = {name: [sample.rate for sample in samples] for name, samples in alone.items()}
    times = {name: [sample.result.p50_ms for sample in samples] for name, samples in over_http.items()}
    return figures.last_line(
        script_vs_get=figures.median_ratio(rates[SCRIPT], rates[GET]),
        six_vs_one=figures.median_ratio(times[SIX], times[ONE]),
        exact_of_16=exact,
        what_if_ms=figures.median(weeks),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=figures.ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each sample")
    return parser.parse_args()


def _conditions(cores: cpu.Cores, options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    yield "Pinning", f"{cores}; while it is asked alone, Valkey on the server's"
    yield "Decisions", "three rates, a quota a day and one a month, running jobs; 100 organizations with 20 jobs each"
    yield "Lines", f"{LINES}, one command under way on each, by unix socket"
    yield "Samples", f"{options.rounds} rounds, interleaved, {options.seconds:g} s each after {WARM_UP_SECONDS} s"


def _script_alone(var: Path, cores: cpu.Cores, options: argparse.Namespace) -> dict[str, list[Asked]]:
    from axis_admin import embedded
    from bench import deciding
    from keys.limits import store

    files = dict(zip((SCRIPT, UNSPENT, WORDS, GET), deciding.write(var), strict=True))
    server = int(store.client().info("server")["process_id"])
    samples: dict[str, list[Asked]] = {name: [] for name in files}
    with _moved(server, cores):
        for number in range(options.rounds):
            for name in sorted(files, reverse=bool(number % 2)):
                plan = commands.Plan(
                    socket=str(embedded.valkey_socket(var)),
                    commands=str(files[name].file),
                    expect=files[name].expect,
                    connections=LINES,
                    seconds=options.seconds,
                    warm_up=WARM_UP_SECONDS,
                    cores=tuple(cores.load),
                )
                samples[name].append(_asked(plan, server))
    return samples


@contextmanager
def _moved(server: int, cores: cpu.Cores) -> Iterator[None]:
    """Inside, the store has the server's core for itself."""
    if not cores.server:
        yield
        return
    os.sched_setaffinity(server, cores.server)
    try:
        yield
    finally:
        os.sched_setaffinity(server, cores.stores)


def _asked(plan: commands.Plan, server: int) -> Asked:
    command = [sys.executable, "-m", "bench.commands", json.dumps(asdict(plan))]
    result, shares = sampling.run(command, servers=[server])
    made = Asked(commands.Result(**result), shares)
    if made.result.unexpected:
        raise report.Spoiled(f"{made.result.unexpected} answers of {made.result.answers} were not as expected.")
    return made


def _over_http(var: Path, cores: cpu.Cores, options: argparse.Namespace) -> dict[str, list[Sample]]:
    from bench import customers

    credential = customers.open_gateway()
    known = {
        ONE: customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH, name="One", rules=customers.one),
        SIX: customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH, name="Six", rules=customers.six),
    }
    samples: dict[str, list[Sample]] = {name: [] for name in known}
    with stack.gateway(var).running(cores.server) as server:
        asked = {name: _target(var, server, name, known[name], credential) for name in known}
        for target in asked.values():
            target.ask_everything_once(cores)
        for number in range(options.rounds):
            for name in sorted(asked, reverse=bool(number % 2)):
                samples[name].append(asked[name].sample(cores, connections=1, seconds=options.seconds))
    for name, of_name in samples.items():
        report.check(name, of_name)
        limits = {len(json.loads(answer)["limits"]) for one in of_name for answer in one.result.kept}
        if limits != {6 if name == SIX else 1}:
            raise report.Spoiled(f"{name}: calls met {limits} limits.")
    return samples


def _target(var: Path, server: stack.Server, name: str, known: Sequence[payload.Customer], credential: str) -> Target:
    authorization = f"Bearer {credential}"
    asked = [
        payload.request("/gateway/v1/keys/validate", payload.ask(one), port=server.port, authorization=authorization)
        for one in known
    ]
    file = var / f"{len(name)}.requests"
    file.write_bytes(payload.pack(asked))
    return Target(server, file, ADMITTED)


def _print(alone: Mapping[str, Sequence[Asked]], over_http: Mapping[str, Sequence[Sample]]) -> None:
    rows = [
        [
            name,
            report.cell(report.median(samples, lambda one: one.rate)),
            report.cell(report.median(samples, lambda one: (one.shares.server or 0) / one.rate * 1e6), 1),
            report.share(report.median(samples, lambda one: one.shares.server)),
            report.share(report.median(samples, lambda one: one.result.share)),
        ]
        for name, samples in alone.items()
    ]
    print(
        figures.table(["", "answers/s", "Valkey CPU µs", "Valkey's share of a core", "load's share"], rows), end="\n\n"
    )
    for name, samples in alone.items():
        print(f"- {name}, answers/s by round: {figures.rounds([one.rate for one in samples])}")
    print()
    calls = [
        [name, report.cell(report.rate(samples)), *(_ms(samples, field) for field in ("p50_ms", "p99_ms"))]
        for name, samples in over_http.items()
    ]
    print(figures.table(["one connection", "answers/s", "p50 ms", "p99 ms"], calls), end="\n\n")
    print(report.foreign([one for samples in (*alone.values(), *over_http.values()) for one in samples]))


def _ms(samples: Sequence[Sample], field: str) -> str:
    return report.cell(report.median(samples, lambda sample: getattr(sample.result, field)), 2)


if __name__ == "__main__":
    report.or_one_line(main)
