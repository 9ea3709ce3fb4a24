"""Room that is not reserved: shared by all, and held by a running job for as long as its lease lasts.

A pool's jobs are one set of leases under a hash tag of the pool's own: no organization's decision waits for it.
"""

import time
from collections.abc import Callable, Sequence

import msgspec
from django.db import connection

from keys.limits import store

# What is reserved changes by day, and a change of it is felt this much later at most.
REREAD_SECONDS = 5.0

_READ = """
SELECT p.id, p.code, p.api_version, greatest(0, coalesce(d.capacity - d.reserved, 0)) * p.jobs_per_unit
FROM orgs_capacitypool p
LEFT JOIN orgs_poolday d ON d.pool_id = p.id AND d.day = (now() AT TIME ZONE 'UTC')::date
ORDER BY p.id
"""
# KEYS 1 the pool's jobs     ARGV 1 how many may run, 2 the job, 3 how long it runs, ms
# Answers 1 where it began, 2 where it was running already, 0 where there is no room.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[2]) or 0) > now then return 2 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
return 1
"""


class Pool(msgspec.Struct, frozen=True):
    """A pool with the running jobs for which it has room that nobody has reserved."""

    id: int
    code: str
    api_version: str
    room: int

    @property
    def jobs_key(self) -> str:
        return jobs_key(self.id)


def jobs_key(pool: int) -> str:
    """Return where the shared jobs of a pool stand in the counter store."""
    return f"{{p:{pool}}}:jobs"


class Pools:
    """What this process knows of the pools; read anew now and then, by the thread that reads the feed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._read_at = float("-inf")
        self._of: dict[str, tuple[Pool, ...]] = {}

    def of(self, api_version: str) -> Sequence[Pool]:
        """Return the pools of this version."""
        if self._read_at == float("-inf"):
            self.read()
        return self._of.get(api_version, ())

    def read(self) -> None:
        """Read them, whatever is known."""
        with connection.cursor() as cursor:
            cursor.execute(_READ)
            found = [Pool(*row) for row in cursor.fetchall()]
        self._of = {
            version: tuple(p for p in found if p.api_version == version) for version in {p.api_version for p in found}
        }
        self._read_at = self._clock()

    def reread(self) -> None:
        """Read them where that was long enough ago, and where anybody has asked."""
        if REREAD_SECONDS <= self._clock() - self._read_at < float("inf"):
            self.read()


pools = Pools()


def member(organization: int, job: str) -> str:
    """Return by what a pool knows a job: what an organization calls its jobs is its own affair."""
    return f"{organization}:{job}"


def tombstone(pool: int, job: str) -> str:
    """Return where it stands that a job of a pool is over; see Held.tombstone."""
    return f"{{p:{pool}}}:over:{job}"


def take(counters: store.Store, candidates: Sequence[Pool], *, job: str, job_ms: int) -> tuple[Pool, bool] | None:
    """Take room for a job in the first pool that has some; returns it, and whether the job was not running before."""
    for pool in candidates:
        taken = counters.evaluate(_TAKE, [pool.jobs_key], [pool.room, job, job_ms])
        if taken:
            return pool, taken == 1
    return None


def where(counters: store.Store, candidates: Sequence[Pool], *, job: str, besides: Pool | None = None) -> Pool | None:
    """Return the pool in which a job runs or has ended, None where none knows it; in `besides` it has just begun."""
    asked: list[tuple[str, ...]] = [("EXISTS", tombstone(pool.id, job)) for pool in candidates]
    asked += [("ZSCORE", pool.jobs_key, job) for pool in candidates]
    answers = counters.ask_all(*asked) if asked else []
    known = zip(candidates, answers[: len(candidates)], answers[len(candidates) :], strict=True)
    return next((pool for pool, over, runs in known if over or (runs is not None and pool is not besides)), None)


def give_back(counters: store.Store, pool: Pool, *, job: str) -> None:
    """End a job's use of shared room."""
    counters.ask("ZREM", pool.jobs_key, job)
