"""Which jobs run just now, since when and through which gateway: for people to look at. Nothing is decided by it.

Whoever takes or renews a lease puts it down; the thread that reads the change feed writes it into the counter store
once a second, so that no decision waits for it.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from keys.limits import scripts, store

if TYPE_CHECKING:
    from keys.limits.leases import Held

# Of more leases within a second the oldest are not shown.
MOST_PUT_DOWN = 10_000
# So many are read at once; of more, those that end last.
MOST_READ = 500
_AT_ONCE = 200
# What ended so long ago is not about to be renewed, by whichever clock.
_LATE_MS = 10_000
# KEYS 1 the tombstone, 2 the organization's running jobs, 3 what is known of this one
# ARGV 1 the job, 2 its lease's last end, ms, 3 when it ends, ms, 4 what is known of it
_WRITE = """
if tonumber(redis.call('GET', KEYS[1]) or 0) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[2], 'GT', ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[2], 90000000)
redis.call('SET', KEYS[3], ARGV[4], 'PXAT', ARGV[3] + 60000)
return 1
"""

Command = tuple[Any, ...]
_put_down: deque[tuple["Held", int]] = deque(maxlen=MOST_PUT_DOWN)
# Its parent writes what it has put down itself.
os.register_at_fork(after_in_child=_put_down.clear)
# Called with how many jobs ended because nobody renewed them.
on_expired: list[Callable[[int], object]] = []


class Job(msgspec.Struct, frozen=True):
    """A running job: by which it is known, and when it ends unless it is renewed; the rest where it has been told."""

    id: str
    ends_at: datetime
    gateway: int | None = None
    key: int | None = None
    api_version: str = ""
    tier: str = ""
    began_at: datetime | None = None


class _Told(msgspec.Struct, frozen=True, array_like=True):
    gateway: int
    key: int
    api_version: str
    tier: str
    began: int


def note(held: "Held") -> None:
    """Put down that a lease was taken or renewed just now."""
    _put_down.append((held, time.time_ns() // 1_000_000))


def flush() -> None:
    """Write what was put down, and let go of jobs that nobody ended.

    A store that is away is told nothing: whoever renews is put down once more.
    """
    noted = [_put_down.popleft() for _ in range(len(_put_down))]
    if not noted:
        return
    before = time.time_ns() // 1_000_000 - _LATE_MS
    indexes = {_index(held.organization) for held, _ in noted}
    counted = {name for held, _ in noted for name in held.jobs}
    let_go = [("ZREMRANGEBYSCORE", name, "-inf", before) for name in (*indexes, *counted)]
    counters = store.current()
    try:
        expired = sum(counters.ask_all(*let_go)[: len(indexes)])
        for first in range(0, len(noted), _AT_ONCE):
            some = noted[first : first + _AT_ONCE]
            scripts.evaluate_all(counters, _WRITE, [(_names(held), _arguments(held, at)) for held, at in some])
    except store.CounterStoreDown:
        return
    for told in on_expired:
        told(expired)


def forgetting(held: "Held") -> list[Command]:
    """Return the commands after which a job is not shown any more."""
    _, index, told = _names(held)
    return [("ZREM", index, held.job), ("DEL", told)]


def jobs(counters: store.Store, organization: int, *, at: datetime) -> list[Job]:
    """Return the jobs of an organization that hold a lease, those that end last first. Raises CounterStoreDown."""
    now = int(at.timestamp() * 1_000)
    most = ("WITHSCORES", "LIMIT", 0, MOST_READ)
    found = counters.ask("ZREVRANGEBYSCORE", _index(organization), "+inf", f"({now}", *most)
    ends = {name.decode(): float(score) for name, score in zip(found[::2], found[1::2], strict=True)}
    if not ends:
        return []
    told = counters.ask("MGET", *(_told(organization, name) for name in ends))
    return [_job(name, ends[name], kept) for name, kept in zip(ends, told, strict=True)]


def _job(name: str, ends: float, kept: bytes | None) -> Job:
    ends_at = datetime.fromtimestamp(ends / 1_000, UTC)
    if kept is None:
        return Job(name, ends_at)
    told = msgspec.msgpack.decode(kept, type=_Told)
    began_at = datetime.fromtimestamp(told.began, UTC)
    return Job(name, ends_at, told.gateway, told.key, told.api_version, told.tier, began_at)


def _names(held: "Held") -> list[str]:
    return [held.tombstone, _index(held.organization), _told(held.organization, held.job)]


def _arguments(held: "Held", at: int) -> list[Any]:
    told = _Told(held.gateway, held.key, held.api_version, held.tier, held.began)
    last = held.last_end * 1_000
    return [held.job, last, min(at + held.job_ms, last), msgspec.msgpack.encode(told)]


def _index(organization: int) -> str:
    return f"{{{organization}}}:running"


def _told(organization: int, job: str) -> str:
    return f"{{{organization}}}:running:{job}"
