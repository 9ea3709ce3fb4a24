"""One sample: a load process from its beginning to its end, and what the machine did meanwhile."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench import cpu, load
from bench.stack import ROOT


class SampleFailed(Exception):
    """A load did not come to its end; the message says why."""


@dataclass(frozen=True)
class Sample:
    """What a load measured, and who used the processor while it did."""

    result: load.Result
    shares: cpu.Shares

    @property
    def rate(self) -> float:
        return self.result.rate

    @property
    def server_us(self) -> float | None:
        """Microseconds of the server's processor time for each answer."""
        return _each(self.shares.server, self.rate)

    @property
    def stores_us(self) -> float | None:
        """Microseconds of the stores' processor time for each answer."""
        rest = self.shares.rest
        return _each(None if rest is None else max(0.0, rest - self.result.share), self.rate)

    @property
    def was_load_bound(self) -> bool:
        return load.was_bottleneck(self.result.share, self.shares.server)


def of_load(plan: load.Plan, *, servers: Collection[int]) -> Sample:
    """Run the plan against the servers with these process ids."""
    result, shares = run([sys.executable, "-m", "bench.load", json.dumps(asdict(plan))], servers=servers)
    return Sample(load.Result(**result), shares)


def run(command: Sequence[str], *, servers: Collection[int] = ()) -> tuple[dict[str, Any], cpu.Shares]:
    """Run a program that prints `begin` and then its result as JSON; returns the result, and who used the processor."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    try:
        began = process.stdout.readline().strip() == load.BEGIN
        before = cpu.read()
        line = process.stdout.readline()
        after = cpu.read()
        status = process.wait(load.PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait()
    if status or not began:
        raise SampleFailed(f"The load ended with status {status}: its last words are above.")
    return json.loads(line), cpu.shares(before, after, servers=servers)


def _each(share: float | None, rate: float) -> float | None:
    return None if share is None else share / rate * 1e6
