"""Who used the processor, from /proc, and who may use which core. Where there is no /proc nothing is known of it."""

import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
# In /proc/<pid>/stat behind the name: the parent, and the time of the process with that of its ended children.
_PARENT, _FIRST_TIME, _LAST_TIME = 1, 11, 15


@dataclass(frozen=True)
class Cores:
    """Which cores the server, the load and the stores may use; empty where the system lets nobody choose."""

    server: frozenset[int]
    load: frozenset[int]
    stores: frozenset[int]

    def __str__(self) -> str:
        if not self.server:
            return "nothing is pinned: the system offers no way, or a single core"
        named = {"server": self.server, "load": self.load, "stores": self.stores}
        return ", ".join(f"{name} on {_listed(cores)}" for name, cores in named.items())


def one_for_the_server(available: frozenset[int]) -> Cores:
    """Give the server a core of its own, the load another, and the stores all but the server's."""
    if len(available) < 2:
        return Cores(frozenset(), frozenset(), frozenset())
    first, *others = sorted(available)
    return Cores(frozenset({first}), frozenset(others[-1:]), frozenset(others))


def one_for_the_load(available: frozenset[int]) -> Cores:
    """Give the load a core that the server has not, the server every other, and the stores all of them."""
    if len(available) < 2:
        return Cores(frozenset(), frozenset(), frozenset())
    *others, last = sorted(available)
    return Cores(frozenset(others), frozenset({last}), available)


def shared(available: frozenset[int]) -> Cores:
    """Give everybody every core, as they have them without a bench."""
    return Cores(available, available, available)


def available() -> frozenset[int]:
    """The cores that this process may use; none where the system does not let it choose among them."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


@dataclass(frozen=True)
class Shares:
    """Who used how much: the server and the rest of the bench in cores, all others as a part of the machine.

    None where the system does not tell.
    """

    server: float | None
    rest: float | None
    foreign: float | None


@contextlib.contextmanager
def pinned(cores: frozenset[int]) -> Iterator[None]:
    """What is started inside runs on these cores, and so does this process meanwhile."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Reading:
    """Processor time so far, in ticks: `busy` of all cores, what the machine's host took included, and by process."""

    at: float
    busy: int
    processes: Mapping[int, int]
    children: Mapping[int, Sequence[int]]

    def of(self, root: int) -> int:
        """Return what this process, its descendants and those of them that ended have used."""
        total, waiting = 0, [root]
        while waiting:
            process = waiting.pop()
            total += self.processes.get(process, 0)
            waiting += self.children.get(process, ())
        return total


def read() -> Reading | None:
    """Read the processor time of everything that runs; None where the system has no /proc."""
    if not (PROC / "stat").exists():
        return None
    user, nice, system, _, _, *others = map(int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9])
    processes: dict[int, int] = {}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text(errors="replace").rpartition(")")[2].split()
            processes[int(entry.parent.name)] = sum(map(int, fields[_FIRST_TIME:_LAST_TIME]))
            children[int(fields[_PARENT])].append(int(entry.parent.name))
    return Reading(time.monotonic(), user + nice + system + sum(others), processes, children)


def shares(before: Reading | None, after: Reading | None, *, servers: Collection[int]) -> Shares:
    """Say who used how much between two readings: the servers (by their processes), and everybody that is not ours."""
    if before is None or after is None:
        return Shares(None, None, None)
    ticks = (after.at - before.at) * _TICK
    ours, *own_ones = (after.of(root) - before.of(root) for root in (os.getpid(), *servers))
    own = sum(own_ones)
    foreign = after.busy - before.busy - ours
    cores = os.cpu_count() or 1
    return Shares(own / ticks, (ours - own) / ticks, max(0.0, foreign / ticks / cores))


def _listed(cores: frozenset[int]) -> str:
    return f"core{'s' if len(cores) > 1 else ''} {', '.join(map(str, sorted(cores)))}"
