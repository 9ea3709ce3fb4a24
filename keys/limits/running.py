"""Which jobs run just now, since when and through which gateway: for people to look at. Nothing is decided by it.

The script that admits a job puts it down beside its counters; whoever renews or ends one says so here.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from keys.limits import calls, store

if TYPE_CHECKING:
    from keys.limits.leases import Held

# So many are read at once; of more, those that end last.
MOST_READ = 500
CLEAR_SECONDS = 30.0
# What ended so long ago is not about to be renewed, by whichever clock.
_LATE_MS = 10_000

Command = tuple[Any, ...]
# Organizations that took leases here since their jobs were last looked through.
_touched: set[int] = set()
# Its parent looks after its own.
os.register_at_fork(after_in_child=_touched.clear)
_cleared_at = 0.0
# Called with how many jobs ended because nobody renewed them.
on_expired: list[Callable[[int], object]] = []


class Job(msgspec.Struct, frozen=True):
    """A running job: by which it is known, through which gateway, since when, and when it ends unless it is renewed."""

    id: str
    gateway: int
    key: int
    api_version: str
    began_at: datetime
    ends_at: datetime


def described(gateway: int, key: int, api_version: str) -> str:
    """Write what is told of a job, as the script puts it down."""
    return f"{gateway}|{key}|{api_version}"


def note(organization: int) -> None:
    """Remember that a lease was taken, so that what nobody ends is found."""
    _touched.add(organization)


def renewed(held: "Held", *, ends_ms: int) -> Command:
    """Return the command after which a job is shown until then."""
    return "ZADD", calls.running_key(held.organization), ends_ms, _member(held)


def forgetting(held: "Held") -> Command:
    """Return the command after which a job is not shown any more."""
    return "ZREM", calls.running_key(held.organization), _member(held)


def clear() -> None:
    """Let go of jobs that nobody ended, and tell how many; now and then, and a store that is away another time."""
    global _cleared_at
    if time.monotonic() - _cleared_at < CLEAR_SECONDS or not _touched:
        return
    _cleared_at, organizations = time.monotonic(), list(_touched)
    before = time.time_ns() // 1_000_000 - _LATE_MS
    try:
        commands = [("ZREMRANGEBYSCORE", calls.running_key(one), "-inf", before) for one in organizations]
        expired = sum(store.current().ask_all(*commands))
    except store.CounterStoreDown:
        return
    _touched.difference_update(organizations)
    for told in on_expired:
        told(expired)


def jobs(counters: store.Store, organization: int, *, at: datetime) -> list[Job]:
    """Return the jobs of an organization that hold a lease, those that end last first. Raises CounterStoreDown."""
    now = int(at.timestamp() * 1_000)
    most = ("WITHSCORES", "LIMIT", 0, MOST_READ)
    found = counters.ask("ZREVRANGEBYSCORE", calls.running_key(organization), "+inf", f"({now}", *most)
    return [_job(name.decode(), float(ends)) for name, ends in zip(found[::2], found[1::2], strict=True)]


def _job(member: str, ends_ms: float) -> Job:
    id, gateway, key, api_version, began = member.split("|")
    ends_at = datetime.fromtimestamp(ends_ms / 1_000, UTC)
    return Job(id, int(gateway), int(key), api_version, datetime.fromtimestamp(int(began), UTC), ends_at)


def _member(held: "Held") -> str:
    return f"{held.job}|{described(held.gateway, held.key, held.api_version)}|{held.began}"
