"""May the customer's limits and our own capacity take one more? Every limit in one script; then room that is shared."""

from collections.abc import Sequence

import msgspec

from keys.limits import calls, limiter, pools, store, windows
from keys.limits.limiter import Outcome, Room, Spending
from keys.limits.pools import Pool
from keys.limits.windows import Sums
from keys.verdicts import Code

# A window may end, and more than one may have to be counted, while one call waits.
MOST_QUESTIONS = 8
_MOMENT_MS = 2_000


class Admission(msgspec.Struct, frozen=True):
    """What came of it. `exhausted` is our own fault: inside the customer's limits there was no room in `pool`."""

    outcome: Outcome
    pool: Pool | None = None
    exhausted: bool = False


class Unsettled(Exception):
    """The limits did not come to a verdict: a window kept ending, or its counter did not stay."""


def ask(spending: Spending, *, candidates: Sequence[Pool], sums: Sums) -> Admission:
    """Spend, where all admit it; `candidates` are the pools that a job may run in, if it needs any.

    Raises CounterStoreDown, RequestIdReused, calls.NoWindow and Unsettled.
    """
    if not candidates or not spending.spend:
        return Admission(_asked(spending, sums))
    reserved = {limit.name for limit in spending.limits if limit.kind == "reserved"}
    if reserved:
        outcome = _asked(spending, sums)
        if outcome.state == "replayed" and outcome.reserved is None:
            return Admission(outcome, pools.where(limiter.limiter().store, candidates, job=_job(spending)))
        if outcome.state != "beyond":
            return Admission(outcome)
        # Who has reserved looks for more in the same pools.
        candidates = [pool for pool in candidates if pool.code in reserved]
    return _in_shared_room(spending, candidates, sums)


def _in_shared_room(spending: Spending, candidates: Sequence[Pool], sums: Sums) -> Admission:
    counters, job = limiter.limiter().store, _job(spending)
    found = pools.take(counters, candidates, job=job, job_ms=spending.job_ms)
    if found is None:
        return _without_room(spending, candidates, sums)
    pool, is_new = found
    is_kept, first = not is_new, None
    try:
        outcome = _asked(spending, sums, room="shared")
        if outcome.state == "replayed" and is_new:
            # The job has its room elsewhere, or has ended; or this is its room, taken by another copy of the call.
            first = pools.where(counters, candidates, job=job, besides=pool)
        is_kept = is_kept or (outcome.state in ("admitted", "replayed") and outcome.took and first is None)
    except store.CounterStoreDown:
        # It may have spent: then the job has its room.
        is_kept = True
        raise
    finally:
        if not is_kept:
            pools.give_back(counters, pool, job=job)
    return Admission(outcome, first or pool)


def _without_room(spending: Spending, candidates: Sequence[Pool], sums: Sums) -> Admission:
    """Say whose fault it is: the customer's own limits are still asked, and spend nothing."""
    if _is_remembered(spending):
        outcome = _asked(spending, sums, room="shared")
        return Admission(outcome, pools.where(limiter.limiter().store, candidates, job=_job(spending)))
    outcome = _asked(msgspec.structs.replace(spending, mode="probe"), sums, room="free")
    if outcome.state != "unspent":
        return Admission(outcome)
    told = msgspec.structs.replace(spending, mode="tell", told=Code.CAPACITY_EXHAUSTED.value, limits=())
    limiter.limiter().spend(told)
    return Admission(outcome, exhausted=True)


def _is_remembered(spending: Spending) -> bool:
    """Say whether the call was admitted before, and will be known for long enough to be answered so."""
    if spending.request_id is None:
        return False
    left = limiter.limiter().store.ask("PTTL", calls.replay_key(spending.organization, spending.request_id))
    return int(left) > _MOMENT_MS


def _job(spending: Spending) -> str:
    return pools.member(spending.organization, spending.member)


def _asked(spending: Spending, sums: Sums, *, room: Room = "") -> Outcome:
    """Ask until every window is the present one and counted."""
    if room and room != spending.room:
        spending = msgspec.structs.replace(spending, room=room)
    for _ in range(MOST_QUESTIONS):
        outcome = limiter.limiter().spend(spending)
        if outcome.state == "elsewhen":
            spending = msgspec.structs.replace(spending, at=outcome.at)
        elif outcome.unseeded:
            seeded = {"organization": spending.organization, "key": spending.key}
            windows.seed(limiter.limiter().store, outcome.unseeded, at=spending.at or outcome.at, sums=sums, **seeded)
        else:
            return outcome
    raise Unsettled
