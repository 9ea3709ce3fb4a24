"""May the customer's limits and our own capacity take one more? Every limit in one script; then room that is shared."""

from collections.abc import Sequence

import msgspec

from keys.limits import limiter, pools, windows
from keys.limits.limiter import Outcome, Spending
from keys.limits.pools import Pool
from keys.limits.windows import Sums
from keys.verdicts import Code

# A window may end, and more than one may have to be counted, while one call waits.
MOST_QUESTIONS = 8


class Admission(msgspec.Struct, frozen=True):
    """What came of it. `exhausted` is our own fault: inside the customer's limits there was no room in `pool`."""

    outcome: Outcome
    pool: Pool | None = None
    exhausted: bool = False


class Unsettled(Exception):
    """The limits did not come to a verdict: a window kept ending, or its counter did not stay."""


def ask(spending: Spending, *, candidates: Sequence[Pool], sums: Sums) -> Admission:
    """Spend, where all admit it; `candidates` are the pools that a job without a reservation may run in.

    Raises CounterStoreDown, RequestIdReused, calls.NoWindow and Unsettled.
    """
    if not (candidates and spending.spend and spending.takes):
        return Admission(_asked(spending, sums, shared=True))
    reserved = {limit.name for limit in spending.limits if limit.kind == "reserved"}
    if reserved:
        outcome = _asked(spending, sums)
        if outcome.state != "beyond":
            return Admission(outcome)
        # Who has reserved looks for more in the same pools.
        candidates = [pool for pool in candidates if pool.code in reserved]
    return _in_shared_room(spending, candidates, sums)


def _in_shared_room(spending: Spending, candidates: Sequence[Pool], sums: Sums) -> Admission:
    counters = limiter.limiter().store
    found = pools.take(counters, candidates, job=spending.member, job_ms=spending.job_ms)
    if found is None:
        return _without_room(spending, sums)
    pool, is_new = found
    outcome = _asked(spending, sums, shared=True)
    if outcome.state not in ("admitted", "replayed") and is_new:
        pools.give_back(counters, pool, job=spending.member)
    return Admission(outcome, pool)


def _without_room(spending: Spending, sums: Sums) -> Admission:
    """Say whose fault it is: the customer's own limits are still asked, and spend nothing."""
    outcome = _asked(msgspec.structs.replace(spending, mode="probe"), sums, shared=True)
    if outcome.state != "unspent":
        return Admission(outcome)
    told = msgspec.structs.replace(spending, mode="tell", told=Code.CAPACITY_EXHAUSTED.value, limits=())
    limiter.limiter().spend(told)
    return Admission(outcome, exhausted=True)


def _asked(spending: Spending, sums: Sums, *, shared: bool = False) -> Outcome:
    """Ask until every window is the present one and counted."""
    if shared:
        spending = msgspec.structs.replace(spending, shared=True)
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
