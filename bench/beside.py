"""How long validate takes while generations are reported at half of what the machine can take: an option of ingest."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from bench import figures, generations, load, payload, report, sampling, stack, targets
from bench.reporting import CLIENTS, Rounds
from bench.sampling import Sample

SECONDS = 5.0
# What is reported goes on for longer than validate is asked, so that no moment of it is quiet.
LONGER_SECONDS = 2.0
HEAD = ("", "answers/s", "p50 ms", "p99 ms", *report.USAGE, "unexpected answers")


@dataclass(frozen=True)
class Beside:
    """Samples of validate on one connection: with nothing else to do, and beside reports."""

    rate: float
    quiet: Sequence[Sample]
    busy: Sequence[Sample]

    @property
    def ratio(self) -> float:
        """The p99 beside reports as a multiple of the quiet one of the same round."""
        return figures.median_ratio(_p99(self.busy), _p99(self.quiet))

    def lines(self) -> Iterator[str]:
        """Say what was found."""
        yield f"Validate on one connection, quiet and beside {self.rate:.0f} generations/s, medians:\n"
        yield figures.table(HEAD, [_row("quiet", self.quiet), _row("beside reports", self.busy)])
        yield f"\n- p99 ms by round, quiet: {figures.rounds(_p99(self.quiet))}"
        yield f"- p99 ms by round, beside reports: {figures.rounds(_p99(self.busy))}\n"


def measure(rounds: Rounds, *, rate: float, times: int) -> Beside:
    """Ask validate, quiet and beside half of so many generations a second, in turns."""
    half = rate / 2
    target = _validate(rounds)
    target.ask_everything_once(rounds.cores)
    quiet, busy = [], []
    for _ in range(times):
        quiet.append(target.sample(rounds.cores, connections=1, seconds=SECONDS))
        with _reporting(rounds, half / generations.BATCH):
            busy.append(target.sample(rounds.cores, connections=1, seconds=SECONDS))
    report.check("validate", [*quiet, *busy])
    return Beside(half, quiet, busy)


def _validate(rounds: Rounds) -> targets.Target:
    path, authorization = "/gateway/v1/keys/validate", f"Bearer {rounds.credential}"
    asks = [payload.ask(customer) for customer in rounds.customers]
    requests = [payload.request(path, ask, port=rounds.server.port, authorization=authorization) for ask in asks]
    file = rounds.var / "validate.requests"
    file.write_bytes(payload.pack(requests))
    return targets.Target(rounds.server, file, targets.ADMITTED)


@contextmanager
def _reporting(rounds: Rounds, batches_a_second: float) -> Iterator[None]:
    """Inside, batches are reported at this rate by a process of their own."""
    count = int((SECONDS + targets.WARM_UP_SECONDS + LONGER_SECONDS) * batches_a_second) + CLIENTS
    plan = rounds.plan(rounds.batches(count), rate=batches_a_second)
    command = [sys.executable, "-m", "bench.load", json.dumps(asdict(plan))]
    process = subprocess.Popen(command, cwd=stack.ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    try:
        if process.stdout.readline().strip() != load.BEGIN:
            raise sampling.SampleFailed("Nothing was reported beside validate.")
        yield
        told, _ = process.communicate(timeout=load.PATIENCE_SECONDS)
        _check(load.Result(**json.loads(told)), batches_a_second)
    finally:
        process.kill()
        process.wait()


def _check(reported: load.Result, wanted: float) -> None:
    """Raise Spoiled where less was reported than was to be, or something was not counted."""
    if reported.unexpected or reported.rate < wanted * 0.9:
        said = f"{reported.rate:.1f} of {wanted:.1f} batches a second, {reported.unexpected} of them not as expected"
        raise report.Spoiled(f"Beside validate, {said}.")


def _p99(samples: Sequence[Sample]) -> list[float]:
    return [sample.result.p99_ms for sample in samples]


def _row(name: str, samples: Sequence[Sample]) -> list[str]:
    return [
        name,
        report.cell(report.rate(samples)),
        report.cell(report.median(samples, lambda sample: sample.result.p50_ms), 2),
        report.cell(report.median(samples, lambda sample: sample.result.p99_ms), 2),
        *report.usage(samples),
        report.wrong(samples),
    ]
