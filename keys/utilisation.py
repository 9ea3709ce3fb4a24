"""What runs in the pools just now, for their pages: looked at each minute, summed up by hour."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime

from keys.facts import Reserved
from keys.limits import calls, pools, store
from orgs.actions import capacity
from orgs.actions.capacity import HourUse
from orgs.capacity import spans
from orgs.models import CapacityPool, Reservation

logger = logging.getLogger(__name__)

SAMPLED = "pools:sampled"
# What a sample stands for at most: how it was before, in a longer pause, nobody knows.
LONGEST_S = 120.0
_AT_ONCE = 500

# A set of running jobs, its pool, and whose jobs they are; None for the shared room.
_Place = tuple[str, int, int | None]


def sample(*, at: datetime) -> int:
    """Write down how many jobs run in each reservation and in the shared rooms; returns the jobs seen.

    Two at once count for no more time than has passed. A store that is away is looked at another time.
    """
    try:
        counters = store.patient()
        seconds = _since_last(counters)
        seen = [(place, jobs) for place, jobs in _running(counters, _places(at)) if jobs]
    except store.CounterStoreDown as error:
        logger.warning("what runs in the pools is not known: %s", error)
        return 0
    hour = at.replace(minute=0, second=0, microsecond=0)
    capacity.note_utilisation(
        HourUse(pool, organization, hour, jobs, round(jobs * seconds)) for (_, pool, organization), jobs in seen
    )
    return sum(jobs for _, jobs in seen)


def _places(at: datetime) -> list[_Place]:
    day = spans.day_of(at)
    reserved = Reservation.objects.filter(state=Reservation.State.ACTIVE, days__contains=day)
    held = reserved.values_list("organization", "pool", "pool__code", "pool__api_version").distinct()
    own: list[_Place] = [
        (calls.counter(organization, 0, Reserved(pool, code, version, 0, True, at, at).limit), pool, organization)
        for organization, pool, code, version in held.order_by("organization", "pool")
    ]
    return own + [(pools.jobs_key(pool), pool, None) for pool in CapacityPool.objects.values_list("pk", flat=True)]


def _running(counters: store.Store, places: Sequence[_Place]) -> list[tuple[_Place, int]]:
    now, found = time.time_ns() // 1_000_000, []
    for first in range(0, len(places), _AT_ONCE):
        some = places[first : first + _AT_ONCE]
        found += counters.ask_all(*[("ZCOUNT", name, f"({now}", "+inf") for name, _, _ in some])
    return list(zip(places, found, strict=True))


def _since_last(counters: store.Store) -> float:
    """How long ago anybody looked, in seconds: so long do the jobs count for that run now."""
    now = time.time_ns() // 1_000_000
    before = counters.ask("SET", SAMPLED, now, "GET")
    return 0.0 if before is None else min(max(0.0, (now - int(before)) / 1_000), LONGEST_S)
