"""The load on the counter store alone, a process of its own: prebuilt commands on lines that stay open.

Run as `python -m bench.commands PLAN`. Each line has one command under way, and asks again once it is answered. Prints
`begin` when the measured time begins and a Result as JSON when it is over.
"""

import itertools
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import load, payload

ORDER = 1 << 14
AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Plan:
    """What to ask of which socket; every answer's text must begin with `expect`."""

    socket: str
    commands: str
    expect: str
    connections: int
    seconds: float
    warm_up: float
    cores: tuple[int, ...] = ()


@dataclass
class Result:
    """What came back within the measured time."""

    seconds: float
    answers: int
    cpu_seconds: float
    unexpected: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def share(self) -> float:
        """How much of a core the load took."""
        return self.cpu_seconds / self.seconds


def run(plan: Plan) -> Result:
    """Warm up, measure, and take the last answers."""
    commands = payload.unpack(Path(plan.commands).read_bytes())
    order = itertools.cycle(random.Random().choices(commands, k=ORDER))
    lines = [_line(plan.socket) for _ in range(plan.connections)]
    _ask(lines, order, plan.warm_up, plan.expect)
    print(load.BEGIN, flush=True)
    cpu, began = time.process_time(), time.perf_counter()
    answers, unexpected = _ask(lines, order, plan.seconds, plan.expect)
    return Result(time.perf_counter() - began, answers, time.process_time() - cpu, unexpected)


def _line(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.connect(path)
    return made


def _ask(lines: list[socket.socket], order: Iterator[bytes], seconds: float, expect: str) -> tuple[int, int]:
    """Keep every line busy until the time is over; returns how many answers came, and how many were not as expected.

    One thread answers all lines in turn, so that the line asked first is the one to read next: nobody has to choose.
    """
    answers, unexpected, wanted = 0, 0, b"\r\n" + expect.encode()
    end = time.perf_counter() + seconds
    for line in lines:
        line.sendall(next(order))
    while time.perf_counter() < end:
        for line in lines:
            unexpected += wanted not in line.recv(AT_ONCE)
            line.sendall(next(order))
        answers += len(lines)
    for line in lines:
        unexpected += wanted not in line.recv(AT_ONCE)
    return answers + len(lines), unexpected


if __name__ == "__main__":
    load.told_to(Plan, run)
