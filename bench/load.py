"""The load, a process of its own: prebuilt bytes on keep-alive sockets, each asking again once it is answered.

Run as `python -m bench.load PLAN`. Prints `begin` when the measured time begins and a Result as JSON when it is over.
"""

import itertools
import json
import os
import random
import re
import selectors
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from bench import answers, figures, payload
from bench.connection import Connection

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PATIENCE_SECONDS = 20.0
BEGIN = "begin"
ORDER = 1 << 16
# With this much of a core gone into asking, the server may have waited for us and not we for it.
BUSY = 0.9


class OnCores(Protocol):
    """A plan that says on which cores it is carried out; none: wherever the system likes."""

    @property
    def cores(self) -> tuple[int, ...]: ...


Asked = TypeVar("Asked", bound=OnCores)


@dataclass(frozen=True)
class Plan:
    """What to send where. `once`: every request one time, in order; otherwise at random for `seconds`.

    `rate` is at most so many requests a second over all connections, 0 as many as are answered. `expect` is a pattern
    that each body must contain; of every `keep`-th answer the body is handed back (0: none).
    """

    port: int
    requests: str
    connections: int = 1
    seconds: float = 0.0
    warm_up: float = 0.0
    once: bool = False
    rate: float = 0.0
    expect: str = ""
    keep: int = 0
    cores: tuple[int, ...] = ()


@dataclass
class Result:
    """What came back within the measured time. `unexpected` are answers that were no 200, or said something else."""

    seconds: float
    answers: int
    cpu_seconds: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int] = field(default_factory=dict)
    unexpected: int = 0
    kept: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def share(self) -> float:
        """How much of a core the load took."""
        return self.cpu_seconds / self.seconds


def was_bottleneck(load: float, server: float | None) -> bool:
    """Say whether the load held the server up, from how much of a core each of them took."""
    return load >= BUSY and (server is None or server < BUSY)


class Load:
    """A plan under way."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._requests = self._order(payload.unpack(Path(plan.requests).read_bytes()))
        self._expect = re.compile(plan.expect.encode())
        self._due = time.perf_counter()
        self._forget()

    def run(self) -> Result:
        """Warm up, measure, and wait for whatever is still under way."""
        connections = [Connection(self.plan.port) for _ in range(self.plan.connections)]
        if self.plan.warm_up:
            self._ask_for(self.plan.warm_up, connections)
            self._forget()
        print(BEGIN, flush=True)
        cpu, began = time.process_time(), time.perf_counter()
        self._ask_for(self.plan.seconds or None, connections)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
        for connection in connections:
            connection.socket.close()
        return self._result(seconds, cpu_seconds)

    def _order(self, requests: Sequence[bytes]) -> Iterator[bytes]:
        if self.plan.once:
            return iter(requests)
        return itertools.cycle(random.Random().choices(requests, k=ORDER))

    def _ask_for(self, seconds: float | None, connections: Sequence[Connection]) -> None:
        """Keep every connection busy until the time is over or nothing is left to ask, then take the last answers."""
        end = None if seconds is None else time.perf_counter_ns() + int(seconds * 1e9)
        with selectors.DefaultSelector() as selector:
            for connection in connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            waiting = sum(self._ask_next(connection, selector) for connection in connections)
            while waiting:
                waiting -= self._attend(selector, end)

    def _attend(self, selector: selectors.BaseSelector, end: int | None) -> int:
        """Do what the sockets are ready for; returns how many connections have come to rest."""
        rested = 0
        events = selector.select(PATIENCE_SECONDS)
        if not events:
            raise TimeoutError(f"No answer for {PATIENCE_SECONDS:g} s.")
        for key, mask in events:
            connection = key.data
            if mask & selectors.EVENT_WRITE:
                self._push(connection, selector)
            if mask & selectors.EVENT_READ and (answer := connection.pull()):
                now = time.perf_counter_ns()
                self._note(answer, now - connection.asked_at)
                over = end is not None and now >= end
                rested += over or not self._ask_next(connection, selector)
        return rested

    def _ask_next(self, connection: Connection, selector: selectors.BaseSelector) -> bool:
        """Ask the next question on this connection; False where none is left."""
        request = next(self._requests, None)
        if request is None:
            return False
        if self.plan.rate:
            self._await_turn()
        connection.ask(request)
        if connection.is_sending:
            selector.modify(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
        return True

    def _await_turn(self) -> None:
        """Wait until the next request is due; whoever is late catches up."""
        self._due += 1 / self.plan.rate
        time.sleep(max(0.0, self._due - time.perf_counter()))

    def _push(self, connection: Connection, selector: selectors.BaseSelector) -> None:
        connection.push()
        if not connection.is_sending:
            selector.modify(connection.socket, selectors.EVENT_READ, connection)

    def _note(self, answer: answers.Answer, nanoseconds: int) -> None:
        self._latencies.append(nanoseconds)
        self._statuses[str(answer.status)] += 1
        if answer.status != 200 or not self._expect.search(answer.body):
            self._unexpected += 1
        if self.plan.keep and len(self._latencies) % self.plan.keep == 0:
            self._kept.append(answer.body.decode(errors="replace"))

    def _forget(self) -> None:
        self._latencies: list[int] = []
        self._statuses: Counter[str] = Counter()
        self._kept: list[str] = []
        self._unexpected = 0

    def _result(self, seconds: float, cpu_seconds: float) -> Result:
        ascending = sorted(self._latencies)
        return Result(
            seconds=seconds,
            answers=len(ascending),
            cpu_seconds=cpu_seconds,
            p50_ms=figures.percentile(ascending, 0.5) / 1e6,
            p99_ms=figures.percentile(ascending, 0.99) / 1e6,
            statuses=dict(self._statuses),
            unexpected=self._unexpected,
            kept=self._kept,
        )


def told_to(kind: Callable[..., Asked], run: Callable[[Asked], "DataclassInstance"]) -> None:
    """Do what this process's argument says, on the cores it names, and print what came of it as JSON."""
    plan = kind(**json.loads(sys.argv[1]))
    if plan.cores:
        os.sched_setaffinity(0, plan.cores)
    print(json.dumps(asdict(run(plan))), flush=True)


if __name__ == "__main__":
    told_to(Plan, lambda plan: Load(plan).run())
