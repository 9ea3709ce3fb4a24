"""Pools and reservations that a test starts from, made by the actions that people use."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from django.db import connection
from django.utils import timezone

from audit import trail
from orgs import actions
from orgs.capacity import spans
from orgs.models import CapacityPool, Organization, PoolDay, Reservation
from tests.factories import OrganizationFactory

ACTOR = trail.Actor("staff", "stf_test", "Dana Test", roles=("Administrator",))
_numbers = count(1)

# What the days must hold, summed anew from the reservations; `%s` is the pool.
RECOMPUTED = """
SELECT day.day, day.reserved, day.capacity, coalesce(sum(one.units) FILTER (
    WHERE one.days @> day.day AND (one.released_on IS NULL OR day.day < one.released_on)
), 0) AS summed
FROM orgs_poolday day LEFT JOIN orgs_reservation one ON one.pool_id = day.pool_id
WHERE day.pool_id = %s GROUP BY day.day, day.reserved, day.capacity ORDER BY day.day
"""


def today() -> date:
    """The present day of UTC."""
    return spans.day_of(timezone.now())


def in_days(ahead: int) -> date:
    """The day so many from today."""
    return today() + timedelta(days=ahead)


def a_pool(code: str = "", *, capacity: int = 32, opens_on: date | None = None, **fields: Any) -> CapacityPool:
    """A pool of v2 that holds so many units of 4 running jobs, from today on."""
    worth = {"jobs_per_unit": 4, "generations_per_minute_per_unit": 10}
    known = {"api_version": "v2", "region": "eu-west", **worth, **fields}
    name = code or f"pool-{next(_numbers)}"
    return actions.create_pool(actor=ACTOR, code=name, capacity=capacity, opens_on=opens_on, **known)


def a_reservation(
    pool: CapacityPool | None = None,
    *,
    units: int = 8,
    first: int = 0,
    last: int = 9,
    organization: Organization | None = None,
    hold_for: timedelta | None = None,
    **fields: Any,
) -> Reservation:
    """Units from one day to another, counted from today; with `hold_for` a hold."""
    return actions.reserve(
        actor=ACTOR,
        organization=organization or OrganizationFactory(),
        pool=pool or a_pool(),
        units=units,
        first=in_days(first),
        last=in_days(last),
        hold_until=timezone.now() + hold_for if hold_for else None,
        **fields,
    )


def reserved(pool: CapacityPool, *ahead: int) -> list[int]:
    """What the database says is reserved on these days, counted from today."""
    rows = dict(PoolDay.objects.filter(pool=pool).values_list("day", "reserved"))
    return [rows[in_days(one)] for one in ahead]


def ledger(pool: CapacityPool) -> list[tuple[date, int, int, int]]:
    """Of each day of the pool: the day, what is reserved, what it holds, and what the reservations sum up to."""
    with connection.cursor() as cursor:
        cursor.execute(RECOMPUTED, [pool.pk])
        return cursor.fetchall()


def is_sound(pool: CapacityPool) -> bool:
    """Say whether each day holds what its reservations sum up to, and no more than there is."""
    return all(kept == summed and 0 <= kept <= capacity for _, kept, capacity, summed in ledger(pool))
