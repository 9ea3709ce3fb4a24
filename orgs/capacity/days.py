"""What a pool holds day by day. One query: the pages draw it, warn of it, and refuse by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from orgs.capacity.spans import Span, day_of
from orgs.models import CapacityPool, PoolDay, Reservation

# Days are made so far ahead by the sweep; a reservation makes those that it needs beyond.
AHEAD = timedelta(days=400)
# The last day that anything can be planned for, from today.
FARTHEST = timedelta(days=1_096)
# How far around a refused reservation another range is looked for.
SEARCHED = timedelta(days=180)


@dataclass(frozen=True)
class Day:
    """A pool on one day. Units; a hold that has run out counts no more, swept or not."""

    day: date
    capacity: int
    reserved: int

    @property
    def free(self) -> int:
        return self.capacity - self.reserved

    @property
    def share(self) -> float:
        """The reserved share, 0 to 1; a pool that holds nothing is full."""
        return self.reserved / self.capacity if self.capacity else 1.0


def of_pools(pools: Iterable[CapacityPool], span: Span, *, at: datetime) -> dict[int, list[Day]]:
    """The days of each pool within the span, by the pool's key, in the order of time."""
    found: dict[int, list[Day]] = {pool.pk: [] for pool in pools}
    rows = PoolDay.objects.filter(pool__in=found, day__range=(span.first, span.last)).order_by("pool_id", "day")
    counted = rows.annotate(counted=F("reserved") - Coalesce(Subquery(_lapsed_units(at)), 0))
    for pool, day, capacity, reserved in counted.values_list("pool_id", "day", "capacity", "counted"):
        found[pool].append(Day(day, capacity, reserved))
    return found


def of_pool(pool: CapacityPool, span: Span, *, at: datetime) -> list[Day]:
    """The pool's days within the span."""
    return of_pools([pool], span, at=at)[pool.pk]


def alike(days: Iterable[Day]) -> list[tuple[Span, Day]]:
    """Days that follow each other and hold the same as one, with the first of them."""
    found: list[tuple[Span, Day]] = []
    for day in days:
        span, first = found[-1] if found else (None, None)
        if span and first and (first.capacity, first.reserved) == (day.capacity, day.reserved):
            found[-1] = (Span(span.first, day.day), first)
        else:
            found.append((Span(day.day, day.day), day))
    return found


def room_around(pool: CapacityPool, span: Span, *, at: datetime) -> dict[date, int]:
    """The free units of each day from which another range could be chosen, none before today."""
    around = Span(max(span.first - SEARCHED, day_of(at)), span.last + SEARCHED)
    return {day.day: day.free for day in of_pool(pool, around, at=at)}


def ensure(pool: CapacityPool, *, through: date) -> int:
    """Make the pool's days up to this one, each with what the last one holds; returns how many were made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT orgs_ensure_pool_days(%s, %s)", [pool.pk, through])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def ensure_ahead(*, now: datetime) -> int:
    """Make the days of all pools as far ahead as pages look; safe to run twice."""
    through = day_of(now) + AHEAD
    return sum(ensure(pool, through=through) for pool in CapacityPool.objects.all())


def _lapsed_units(at: datetime) -> QuerySet[Any, Any]:
    lapsed = Reservation.objects.lapsed(at=at).filter(pool=OuterRef("pool_id"), days__contains=OuterRef("day"))
    return lapsed.order_by().values("pool").annotate(units=Sum("units")).values("units")
