"""Where the time of a call goes: functions wrapped so that each step counts what it took itself, not what it called."""

import functools
import importlib
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

WHOLE = "everything else"


class Step(NamedTuple):
    """A part of the work as people call it, and the function that does it (`module:Class.function`).

    What happens `within` other steps is counted for each of them: `identity › SQL`.
    """

    name: str
    function: str
    within: bool = False


class Spent(NamedTuple):
    """Microseconds of wall clock and of processor time, and how often."""

    wall_us: float
    cpu_us: float
    times: float


NOTHING = Spent(0.0, 0.0, 0.0)


@dataclass
class _Running:
    """A step under way: when it began, and what the steps inside it took."""

    name: str
    wall: int
    cpu: int
    inner_wall: int = 0
    inner_cpu: int = 0


@dataclass
class Stopwatch:
    """Times wrapped functions of one thread, call by call."""

    _stack: list[_Running] = field(default_factory=list)
    _call: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    _calls: list[dict[str, list[int]]] = field(default_factory=list)
    _thread: int = field(default_factory=threading.get_ident)

    def wrap(self, step: Step) -> None:
        """Put the step's timer around its function, wherever it is reached through its module or class."""
        module, _, path = step.function.partition(":")
        *outer, last = path.split(".")
        owner = functools.reduce(getattr, outer, importlib.import_module(module))
        setattr(owner, last, self.timed(step, getattr(owner, last)))

    def timed(self, step: Step, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with a timer around it."""

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._thread:
                return function(*args, **kwargs)
            name = f"{self._stack[-1].name} › {step.name}" if step.within and self._stack else step.name
            self._stack.append(_Running(name, time.perf_counter_ns(), time.thread_time_ns()))
            try:
                return function(*args, **kwargs)
            finally:
                self._end()

        return timed

    def lap(self) -> None:
        """A call is over: the next one begins with nothing."""
        self._calls.append(dict(self._call))
        self._call.clear()

    def spent(self) -> dict[str, Spent]:
        """Return the median over the calls for each step; what a call did not do took it nothing."""
        return {name: self._median(name) for name in dict.fromkeys(name for call in self._calls for name in call)}

    def _end(self) -> None:
        running = self._stack.pop()
        wall, cpu = time.perf_counter_ns() - running.wall, time.thread_time_ns() - running.cpu
        kept = self._call[running.name]
        kept[0] += wall - running.inner_wall
        kept[1] += cpu - running.inner_cpu
        kept[2] += 1
        if self._stack:
            self._stack[-1].inner_wall += wall
            self._stack[-1].inner_cpu += cpu

    def _median(self, name: str) -> Spent:
        calls = [call.get(name, [0, 0, 0]) for call in self._calls]
        wall, cpu, times = (statistics.median(call[index] for call in calls) for index in range(3))
        return Spent(wall / 1000, cpu / 1000, times)
