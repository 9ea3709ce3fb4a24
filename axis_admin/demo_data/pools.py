"""Pools of dedicated capacity, who has reserved how much of them, and what ran in them lately."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from audit import trail
from axis_admin.demo_data.rhythm import HOURS, WEEKDAYS
from axis_admin.demo_data.traffic import SEED
from orgs import actions
from orgs.actions.capacity import HourUse, note_utilisation
from orgs.capacity import spans
from orgs.capacity.spans import DAY, Span
from orgs.models import CapacityPool, Organization, Reservation

AGE = timedelta(days=60)
HOUR = timedelta(hours=1)
# So far back the pools were measured.
MEASURED = timedelta(days=10)
HELD_FOR = timedelta(days=4, hours=3)


class PoolSketch(NamedTuple):
    """A pool of so many units."""

    code: str
    api_version: str
    region: str
    capacity: int
    jobs: int
    rate: int
    # The most that ran in its shared room.
    shared: int


class BookingSketch(NamedTuple):
    """Units from so many days ago, or from so many ahead, until so many ahead; `busy` of them on a working day."""

    pool: str
    slug: str
    units: int
    first: int
    last: int
    busy: float = 0.8
    overflow: str = "shared"
    is_hold: bool = False
    contract: str = ""


POOLS = (
    PoolSketch("lisbon-a", "v2", "eu-west", 32, jobs=4, rate=20, shared=2),
    PoolSketch("oregon-a", "v2", "us-west", 24, jobs=4, rate=20, shared=9),
    PoolSketch("oregon-b", "v1", "us-west", 16, jobs=6, rate=40, shared=12),
)
BOOKINGS = (
    BookingSketch("lisbon-a", "halide", 8, -23, 6, busy=0.86, contract="AX-2231 §4"),
    BookingSketch("lisbon-a", "kestrel", 12, -54, 37, busy=0.95, contract="AX-10418 §4"),
    BookingSketch("lisbon-a", "oriole", 12, -5, 6, busy=0.7, overflow="refuse"),
    BookingSketch("lisbon-a", "northlight", 8, 7, 18, is_hold=True),
    BookingSketch("oregon-a", "palomar", 20, -10, 20, busy=0.9, contract="AX-10371 §2"),
    BookingSketch("oregon-b", "second-unit", 6, -31, 13, busy=0.55),
    BookingSketch("oregon-b", "vantage", 6, -1, 62, busy=0.75),
)


class Booked(NamedTuple):
    """A reservation as it was made, with its sketch."""

    reservation: Reservation
    sketch: BookingSketch


def book(organizations: Mapping[str, Organization], *, actor: trail.Actor, now: datetime) -> list[Booked]:
    """Open the pools as of long ago, and reserve from today on what is to be set back afterwards."""
    today = spans.day_of(now)
    pools = {one.code: _open(one, actor=actor, now=now) for one in POOLS}
    return [
        Booked(
            actions.reserve(
                actor=actor,
                organization=organizations[one.slug],
                pool=pools[one.pool],
                units=one.units,
                first=today + max(one.first, 0) * DAY,
                last=today + one.last * DAY,
                hold_until=now + HELD_FOR if one.is_hold else None,
                overflow=one.overflow,
                contract_ref=one.contract,
            ),
            one,
        )
        for one in BOOKINGS
    ]


def set_back(booked: Sequence[Booked], *, now: datetime) -> None:
    """Let each reservation begin when its sketch says; within a transaction whose event names them."""
    today = spans.day_of(now)
    for reservation, sketch in booked:
        rows = Reservation.objects.filter(pk=reservation.pk)
        first = today + sketch.first * DAY
        begun = now + sketch.first * DAY if sketch.first < 0 else None
        made = now + min(sketch.first, -3) * DAY - 9 * HOUR
        rows.update(days=Span(first, reservation.span.last).bounds, begun_at=begun, created_at=made)
    CapacityPool.objects.update(created_at=now - AGE)


def run(booked: Sequence[Booked], *, now: datetime) -> None:
    """Note what ran in the reservations, and beside them, in the last ten days."""
    chance = Random(SEED)  # noqa: S311
    end = now.replace(minute=0, second=0, microsecond=0)
    start = end - MEASURED
    hours = [start + number * HOUR for number in range(int(MEASURED / HOUR))]
    today = spans.day_of(now)
    note_utilisation(use for one in booked for use in _of_reservation(one, hours, today, chance))
    note_utilisation(use for sketch in POOLS for use in _of_shared_room(sketch, hours, chance))


def _open(sketch: PoolSketch, *, actor: trail.Actor, now: datetime) -> CapacityPool:
    return actions.create_pool(
        actor=actor,
        code=sketch.code,
        capacity=sketch.capacity,
        opens_on=spans.day_of(now - AGE),
        api_version=sketch.api_version,
        region=sketch.region,
        jobs_per_unit=sketch.jobs,
        generations_per_minute_per_unit=sketch.rate,
    )


def _of_reservation(booked: Booked, hours: Sequence[datetime], today: date, chance: Random) -> Iterator[HourUse]:
    reservation, sketch = booked
    zone, jobs = reservation.organization.zone, reservation.jobs
    for hour in hours:
        if sketch.is_hold or not sketch.first <= (spans.day_of(hour) - today).days:
            continue
        level = sketch.busy * _level(hour.astimezone(zone), chance)
        peak = min(jobs, round(jobs * level * 1.1))
        seconds = int(jobs * level * 3600)
        if peak:
            yield HourUse(reservation.pool_id, reservation.organization_id, hour, peak, min(seconds, peak * 3600))


def _of_shared_room(sketch: PoolSketch, hours: Sequence[datetime], chance: Random) -> Iterator[HourUse]:
    pool = CapacityPool.objects.get(code=sketch.code)
    for hour in hours:
        peak = round(sketch.shared * _level(hour, chance))
        if peak:
            yield HourUse(pool.pk, None, hour, peak, int(peak * 3600 * chance.uniform(0.3, 0.7)))


def _level(local: datetime, chance: Random) -> float:
    """How busy that hour of the studio's clock is, 0 to 1; renders go on through the night."""
    by_hour = 0.35 + 0.65 * HOURS[local.hour] / max(HOURS)
    return min(by_hour * (0.45 + 0.55 * WEEKDAYS[local.weekday()]) * chance.uniform(0.85, 1.1), 1.0)
