"""Pools of dedicated capacity: open one, change what a unit is, set what it holds from a day on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from orgs import changes
from orgs.capacity import days, room, spans
from orgs.models import CapacityPool, Organization, Reservation

# The API version is what organizations were promised, and the code is how everybody calls it.
EDITABLE = ("region", "unit_name", "jobs_per_unit", "generations_per_minute_per_unit")
MOST_UNITS = 1_000_000
# These stand where a pool's code does, in the addresses of its pages.
TAKEN_CODES = frozenset({"new", "reserve", "reservations"})

_NOTE = """
INSERT INTO orgs_poolhour AS kept (pool_id, organization_id, hour, peak_jobs, job_seconds)
SELECT pool, organization, hour, max(jobs), sum(seconds) FROM unnest(
    %(pools)s::bigint[], %(organizations)s::bigint[], %(hours)s::timestamptz[], %(peaks)s::integer[],
    %(seconds)s::bigint[]
) AS seen (pool, organization, hour, jobs, seconds) GROUP BY pool, organization, hour ORDER BY pool, hour, organization
ON CONFLICT ON CONSTRAINT one_row_per_hour_of_a_pool DO UPDATE
    SET peak_jobs = greatest(kept.peak_jobs, excluded.peak_jobs), job_seconds = kept.job_seconds + excluded.job_seconds
"""


class InTheWay(ValidationError):
    """A pool cannot hold less: `reservations` have more of it on one of the days."""

    def __init__(self, message: str, *, reservations: Sequence[Reservation]) -> None:
        super().__init__({"units": message})
        self.reservations = list(reservations)


@dataclass(frozen=True)
class HourUse:
    """What was seen to run in a pool since the last note; `organization` None: in the shared room."""

    pool: int
    organization: int | None
    hour: datetime
    peak_jobs: int
    job_seconds: int


@transaction.atomic
def create_pool(
    *,
    actor: trail.Actor,
    code: str,
    capacity: int,
    opens_on: date | None = None,
    reason: str = "",
    ticket: str = "",
    **fields: Any,
) -> CapacityPool:
    """Open a pool that holds so many units from a day on, today unless said otherwise.

    Raises ValidationError by field where a value is refused.
    """
    now = timezone.now()
    pool = CapacityPool(code=code, **fields)
    pool.full_clean()
    if code in TAKEN_CODES:
        raise ValidationError({"code": "Another code: this one is the address of a page."})
    opens_on = opens_on or spans.day_of(now)
    _check_units(capacity, field="capacity")
    pool.save(force_insert=True)
    _set(pool, units=capacity, starts_on=opens_on)
    days.ensure(pool, through=spans.day_of(now) + days.AHEAD)
    said: dict[str, list[Any]] = {"capacity": [None, capacity], "opens_on": [None, opens_on.isoformat()]}
    said |= {field: [None, getattr(pool, field)] for field in ("api_version", *EDITABLE)}
    trail.record(Verb.POOL_CREATED, actor=actor, target=pool.target, changes=said, reason=reason, ticket=ticket)
    return pool


@transaction.atomic
def change_pool(
    *, pool: CapacityPool, actor: trail.Actor, values: Mapping[str, Any], reason: str = "", ticket: str = ""
) -> CapacityPool:
    """Change where a pool stands and what a unit of it is worth, from now on; nothing where nothing differs."""
    pool = lock_pool(pool)
    concerned = _lock_holders(pool)
    before = {field: getattr(pool, field) for field in EDITABLE}
    for field in EDITABLE:
        setattr(pool, field, values.get(field, before[field]))
    changed = {field: [old, getattr(pool, field)] for field, old in before.items() if old != getattr(pool, field)}
    if not changed:
        return pool
    pool.full_clean()
    pool.save(update_fields=list(changed))
    trail.record(
        Verb.POOL_CHANGED,
        actor=actor,
        target=pool.target,
        further=[organization.target for organization in concerned],
        changes=changed,
        reason=reason,
        ticket=ticket,
    )
    _announce(concerned)
    return pool


@transaction.atomic
def set_capacity(
    *, pool: CapacityPool, actor: trail.Actor, units: int, starts_on: date, reason: str, ticket: str = ""
) -> CapacityPool:
    """Let the pool hold so many units from that day on, whatever was planned for later.

    Raises InTheWay where reservations have more of it, ValidationError for a day that has passed.
    """
    now = timezone.now()
    pool = lock_pool(pool)
    concerned = _lock_holders(pool)
    _check_units(units, field="units")
    _check_day(starts_on, today=spans.day_of(now))
    days.ensure(pool, through=starts_on)
    end_lapsed(pool, now=now)
    _refuse_too_few(pool, units=units, starts_on=starts_on, now=now)
    before = pool.days.get(day=starts_on).capacity
    _set(pool, units=units, starts_on=starts_on)
    trail.record(
        Verb.POOL_CAPACITY_SET,
        actor=actor,
        target=pool.target,
        further=[organization.target for organization in concerned],
        changes={"capacity": [before, units]},
        detail={"starts_on": starts_on.isoformat()},
        reason=reason,
        ticket=ticket,
    )
    if starts_on <= spans.day_of(now) + spans.DAY:
        _announce(concerned)
    return pool


def note_utilisation(rows: Iterable[HourUse]) -> None:
    """Add what was seen to run: the peak of an hour is the highest noted, its seconds are summed. Telemetry."""
    seen = list(rows)
    columns: dict[str, Any] = {
        "pools": [one.pool for one in seen],
        "organizations": [one.organization for one in seen],
        "hours": [one.hour for one in seen],
        "peaks": [one.peak_jobs for one in seen],
        "seconds": [one.job_seconds for one in seen],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, columns)


def lock_pool(pool: CapacityPool) -> CapacityPool:
    """Return the pool as it stands now. Whatever changes who has its room locks it first, then organizations."""
    return CapacityPool.objects.select_for_update(no_key=True).get(pk=pool.pk)


def end_lapsed(pool: CapacityPool, *, now: datetime) -> None:
    """End the holds of the locked pool that have run out: who needs the room does not wait for the sweep."""
    for hold in Reservation.objects.lapsed(at=now).filter(pool=pool).select_related("pool", "organization"):
        lapse(hold, actor=trail.SYSTEM, now=now)


def lapse(hold: Reservation, *, actor: trail.Actor, now: datetime) -> None:
    """Give back what a hold has kept, from today on; its pool is locked."""
    hold.state, hold.released_on = Reservation.State.ENDED, spans.day_of(now)
    hold.save(update_fields=["state", "released_on"])
    said = {"state": [Reservation.State.HOLD.value, hold.state.value]}
    trail.record(
        Verb.RESERVATION_LAPSED, actor=actor, target=hold.target, organization=hold.organization.target, changes=said
    )


def _set(pool: CapacityPool, *, units: int, starts_on: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT orgs_set_pool_capacity(%s, %s, %s)", [pool.pk, starts_on, units])


def _lock_holders(pool: CapacityPool) -> list[Organization]:
    """The organizations that have units of the pool now or soon, locked in their order."""
    standing = pool.reservations.filter(state=Reservation.State.ACTIVE)
    rows = Organization.objects.filter(pk__in=standing.values("organization")).order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def _announce(organizations: Iterable[Organization]) -> None:
    for organization in organizations:
        changes.announce(organization=organization, kind="limits.changed")


def _check_units(units: int, *, field: str) -> None:
    if not 0 <= units <= MOST_UNITS:
        raise ValidationError({field: f"Between 0 and {MOST_UNITS:,} units."})


def _check_day(starts_on: date, *, today: date) -> None:
    if starts_on < today:
        raise ValidationError({"starts_on": "What the pool held on days that have passed stays as it was."})
    if starts_on > today + days.FARTHEST:
        raise ValidationError({"starts_on": f"At the latest {today + days.FARTHEST:%-d %b %Y}."})


def _refuse_too_few(pool: CapacityPool, *, units: int, starts_on: date, now: datetime) -> None:
    over = pool.days.filter(day__gte=starts_on, reserved__gt=units)
    short = list(over.order_by("day").values_list("day", flat=True))
    if not short:
        return
    standing = pool.reservations.standing(at=now).touching(short[0], short[-1] + spans.DAY)
    in_the_way = [one for one in standing.select_related("pool", "organization") if any(map(one.covers, short))]
    when = room.joined(spans.runs(short))
    message = f"{pool} cannot hold {room.counted(units)}: more is reserved on {when}. Nothing was changed."
    raise InTheWay(message, reservations=in_the_way)
