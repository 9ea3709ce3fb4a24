"""Reported generations over HTTP against raw COPY of the same rows, interleaved: `make bench-ingest`.

Four clients post batches of 200; afterwards as many connections copy what the ledger was given, 200 rows and one commit
at a time, into an empty copy of it. Prints the conditions, a table, and as its last line the figures.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import beside, conditions, cpu, figures, generations, report, stack
from bench.reporting import CLIENTS, PASSES, Copied, Rounds
from bench.sampling import Sample

ORGANIZATIONS, KEYS_EACH = 50, 2
BATCHES = 200
HEAD = ("", "generations/s", "× COPY", "batch p50 ms", "batch p99 ms", *report.USAGE, "unexpected answers")


def main() -> None:
    options = _options()
    began = time.monotonic()
    divide = cpu.one_for_the_load if options.pinned else cpu.shared
    cores = divide(cpu.available())
    with running(cores) as rounds:
        rounds.prepare()
        print(*conditions.lines(*_conditions(rounds, options)), sep="\n", end="\n\n", flush=True)
        samples = [rounds.one(options.batches) for _ in range(options.rounds)]
        held, rows = rounds.counted()
        rate = figures.median([sample.rate for sample, _ in samples]) * generations.BATCH
        validated = beside.measure(rounds, rate=rate, times=options.rounds) if options.validate else None
    reported, copied = [sample for sample, _ in samples], [sample for _, sample in samples]
    _check(reported)
    _print(reported, copied)
    print(f"The ledger holds {held} generations, counted exactly in {rows} hourly rows.")
    if validated:
        print("", *validated.lines(), sep="\n")
    print(f"Took {time.monotonic() - began:.0f} s.\n\n{last_line(reported, copied, validated)}")


@contextmanager
def running(cores: cpu.Cores) -> Iterator[Rounds]:
    """Inside, a gateway answers, with customers that it knows."""
    with stack.stores(cores) as var:
        # Its models need the settings of this stack.
        from bench import customers

        credential, known = customers.open_gateway(), customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH)
        with stack.gateway_with_intake(var, workers=len(cores.server) or 1).running(cores.server) as server:
            yield Rounds(var, server, cores, known, credential, stack.owner_login(var))


def last_line(reported: Sequence[Sample], copied: Sequence[Copied], validated: beside.Beside | None = None) -> str:
    """Return the figures of the rounds."""
    further = {"validate_p99_beside_ingest": validated.ratio} if validated else {}
    return figures.last_line(
        generations_per_s=figures.median(_rates(reported)),
        ingest_vs_copy=figures.median_ratio(_rates(reported), [sample.rate for sample in copied]),
        **further,
    )


def _rates(reported: Sequence[Sample]) -> list[float]:
    """Return the generations a second of every round."""
    return [sample.rate * generations.BATCH for sample in reported]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=figures.ROUNDS)
    parser.add_argument("--batches", type=int, default=BATCHES, help="of each sample")
    parser.add_argument("--pinned", action="store_true", help="a core for the load and one for the server")
    parser.add_argument("--validate", action="store_true", help="also validate's p99 beside half of that rate")
    return parser.parse_args()


def _conditions(rounds: Rounds, options: argparse.Namespace) -> Iterable[tuple[str, str]]:
    workers, batch = rounds.server.workers, generations.BATCH
    processes = f"{workers} process{'es' if workers > 1 else ''}"
    yield "Servers", f"granian, {processes} of {stack.BLOCKING_THREADS} blocking threads each, gateway and intake"
    yield "Pinning", str(rounds.cores)
    yield "Customers", f"{ORGANIZATIONS} organizations with {KEYS_EACH} keys each; the n-th key has a share of 1/n"
    yield "Samples", f"{options.rounds} rounds, interleaved; {options.batches} batches of {batch} by {CLIENTS} clients"
    yield "COPY", f"{CLIENTS} connections, one commit a batch, {PASSES} times over into the emptied copy"


def _check(reported: Sequence[Sample]) -> None:
    report.check("generations", reported)
    for sample in reported:
        for answer in map(json.loads, sample.result.kept):
            assert answer["summary"]["accepted"] == generations.BATCH, answer
            assert all(result["period"] for result in answer["results"]), answer["results"][0]


def _print(reported: Sequence[Sample], copied: Sequence[Copied]) -> None:
    print(figures.table(HEAD, [_reported_row(reported, copied), _copied_row(copied)]), end="\n\n")
    print(f"- over HTTP, generations/s by round: {figures.rounds(_rates(reported))}")
    print(f"- raw COPY, rows/s by round: {figures.rounds([sample.rate for sample in copied])}\n")
    print(report.load_bound(reported), report.foreign([*reported, *copied]), sep="\n")


def _reported_row(reported: Sequence[Sample], copied: Sequence[Copied]) -> list[str]:
    return [
        "POST /gateway/v1/generations",
        report.cell(figures.median(_rates(reported))),
        report.cell(figures.median_ratio(_rates(reported), [sample.rate for sample in copied]), 3),
        report.cell(report.median(reported, lambda sample: sample.result.p50_ms), 1),
        report.cell(report.median(reported, lambda sample: sample.result.p99_ms), 1),
        *report.usage(reported),
        report.wrong(reported),
    ]


def _copied_row(copied: Sequence[Copied]) -> list[str]:
    rate = report.cell(figures.median([sample.rate for sample in copied]))
    load = report.share(figures.median([sample.share for sample in copied]))
    foreign = report.share(report.median(copied, lambda sample: sample.shares.foreign))
    return ["raw COPY", rate, "1.000", "–", "–", "–", "–", "–", load, foreign, "–"]


if __name__ == "__main__":
    report.or_one_line(main)
