"""Who has units of a pool, and for which days: reserve, hold and confirm, extend, shorten, cancel; and what ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from orgs import changes, lifecycle
from orgs.actions.capacity import end_lapsed, lapse, lock_pool
from orgs.actions.organizations import lock_organization
from orgs.capacity import days, room, spans
from orgs.capacity.spans import Span
from orgs.models import CapacityPool, Organization, Reservation

LONGEST_HOLD = timedelta(days=30)
# How the database says that there is no room: a day is full, or the pool has no such day.
_NO_ROOM = {"no_more_is_reserved_than_there_is", "a_reservation_lies_in_the_days_of_its_pool"}


@transaction.atomic
def reserve(
    *,
    organization: Organization,
    pool: CapacityPool,
    actor: trail.Actor,
    units: int,
    first: date,
    last: date,
    hold_until: datetime | None = None,
    overflow: str = Reservation.Overflow.SHARED,
    contract_ref: str = "",
    reason: str = "",
    ticket: str = "",
) -> Reservation:
    """Reserve units from one day to another, both included; with `hold_until` keep them until somebody has decided.

    Raises NoRoom with the days and the nearest ranges that fit, ValidationError by field for what is refused.
    """
    now, span = timezone.now(), Span(first, last)
    pool, organization = lock_pool(pool), lock_organization(organization)
    end_lapsed(pool, now=now)
    _check_customer(organization, pool)
    _check_span(span, today=spans.day_of(now))
    _check_hold(hold_until, now=now)
    reservation = Reservation(organization=organization, pool=pool, units=units, days=span.bounds)
    reservation.state = Reservation.State.HOLD if hold_until else Reservation.State.ACTIVE
    reservation.hold_expires_at, reservation.overflow, reservation.contract_ref = hold_until, overflow, contract_ref
    reservation.full_clean()
    with _room_for(reservation, span, now=now):
        reservation.save(force_insert=True)
    _record_made(reservation, actor=actor, reason=reason, ticket=ticket)
    _announce(reservation)
    return reservation


@transaction.atomic
def confirm_hold(*, reservation: Reservation, actor: trail.Actor, reason: str = "", ticket: str = "") -> Reservation:
    """Turn a hold into a reservation; one that has run out gives its units to whoever asks first."""
    now, reservation = timezone.now(), _lock(reservation)
    if reservation.has_lapsed(now):
        raise ValidationError("The hold has run out, and its units are free for others. Reserve them anew.")
    if reservation.state != Reservation.State.HOLD:
        raise ValidationError(f"{reservation} is {reservation.get_state_display().lower()}, not a hold.")
    _check_customer(reservation.organization, reservation.pool)
    said: dict[str, list[Any]] = {
        "state": [reservation.state, Reservation.State.ACTIVE.value],
        "hold_expires_at": [_moment(reservation.hold_expires_at), None],
    }
    reservation.state, reservation.hold_expires_at = Reservation.State.ACTIVE, None
    reservation.save(update_fields=["state", "hold_expires_at"])
    _record(Verb.RESERVATION_CONFIRMED, reservation, actor=actor, changes=said, reason=reason, ticket=ticket)
    _announce(reservation)
    return reservation


@transaction.atomic
def extend_reservation(
    *, reservation: Reservation, actor: trail.Actor, last: date, reason: str = "", ticket: str = ""
) -> Reservation:
    """Let it last longer, up to that day; raises NoRoom where the units are not free for all of the added days."""
    now, reservation = timezone.now(), _lock(reservation)
    before = _standing(reservation, now=now)
    if last <= before.last:
        raise ValidationError({"last": f"It lasts until {before.last:%-d %b %Y} already. Shorten it instead."})
    _check_last(last, today=spans.day_of(now))
    end_lapsed(reservation.pool, now=now)
    added = Span(before.last + spans.DAY, last)
    with _room_for(reservation, added, now=now):
        _save_span(reservation, Span(before.first, last))
    said = {"last": [before.last.isoformat(), last.isoformat()]}
    _record(Verb.RESERVATION_EXTENDED, reservation, actor=actor, changes=said, reason=reason, ticket=ticket)
    _announce(reservation)
    return reservation


@transaction.atomic
def shorten_reservation(
    *, reservation: Reservation, actor: trail.Actor, last: date, reason: str, ticket: str = ""
) -> Reservation:
    """Let it end sooner, with that day; the earliest is today."""
    now, reservation = timezone.now(), _lock(reservation)
    before = _standing(reservation, now=now)
    if last >= before.last:
        raise ValidationError({"last": f"It ends on {before.last:%-d %b %Y} already. Extend it instead."})
    if last < max(before.first, spans.day_of(now)):
        raise ValidationError({"last": "Nothing would be left of it from today on. Cancel it instead."})
    _save_span(reservation, Span(before.first, last))
    said = {"last": [before.last.isoformat(), last.isoformat()]}
    _record(Verb.RESERVATION_SHORTENED, reservation, actor=actor, changes=said, reason=reason, ticket=ticket)
    _announce(reservation)
    return reservation


@transaction.atomic
def cancel_reservation(*, reservation: Reservation, actor: trail.Actor, reason: str, ticket: str = "") -> Reservation:
    """Give its units back from today on; what it had before stays in the ledger of days."""
    now, reservation = timezone.now(), _lock(reservation)
    _standing(reservation, now=now)
    before, released_on = reservation.state, spans.day_of(now)
    was_active = before == Reservation.State.ACTIVE
    reservation.state, reservation.released_on = Reservation.State.CANCELLED, released_on
    reservation.save(update_fields=["state", "released_on"])
    said: dict[str, list[Any]] = {
        "state": [before, str(reservation.state)],
        "released_on": [None, released_on.isoformat()],
    }
    _record(Verb.RESERVATION_CANCELLED, reservation, actor=actor, changes=said, reason=reason, ticket=ticket)
    if was_active:
        changes.announce(organization=reservation.organization, kind="limits.changed")
    return reservation


@transaction.atomic
def begin_reservation(*, reservation: Reservation, actor: trail.Actor) -> Reservation:
    """Record that its first day has come, once. That it counts from midnight on is judged at each decision."""
    now, reservation = timezone.now(), _lock(reservation)
    has_come = reservation.state == Reservation.State.ACTIVE and reservation.span.first <= spans.day_of(now)
    if not has_come or reservation.begun_at:
        return reservation
    reservation.begun_at = now
    reservation.save(update_fields=["begun_at"])
    _record(Verb.RESERVATION_BEGAN, reservation, actor=actor, changes={})
    changes.announce(organization=reservation.organization, kind="limits.changed")
    return reservation


@transaction.atomic
def end_reservation(*, reservation: Reservation, actor: trail.Actor) -> Reservation:
    """Record that its last day has passed, or that the hold has run out; the clock has ended it already."""
    now, reservation = timezone.now(), _lock(reservation)
    if reservation.has_lapsed(now):
        lapse(reservation, actor=actor, now=now)
    elif reservation.state == Reservation.State.ACTIVE and reservation.span.last < spans.day_of(now):
        reservation.state, reservation.released_on = Reservation.State.ENDED, reservation.days.upper
        reservation.save(update_fields=["state", "released_on"])
        said = {"state": [Reservation.State.ACTIVE.value, str(reservation.state)]}
        _record(Verb.RESERVATION_ENDED, reservation, actor=actor, changes=said)
        changes.announce(organization=reservation.organization, kind="limits.changed")
    return reservation


def _announce(reservation: Reservation) -> None:
    """Tell the gateways what the organization has from now on; a hold gives it nothing."""
    if reservation.state == Reservation.State.ACTIVE:
        changes.announce(organization=reservation.organization, kind="limits.changed")


def _lock(reservation: Reservation) -> Reservation:
    """The reservation as it stands now: its pool locked, then its organization, then itself."""
    pool, organization = lock_pool(reservation.pool), lock_organization(reservation.organization)
    locked = Reservation.objects.select_for_update(of=("self",), no_key=True).get(pk=reservation.pk)
    locked.pool, locked.organization = pool, organization
    return locked


def _standing(reservation: Reservation, *, now: datetime) -> Span:
    """The days of a reservation that still holds units; ValidationError for one that is over."""
    state = reservation.state_at(now)
    if state not in (Reservation.State.HOLD, Reservation.State.ACTIVE):
        raise ValidationError(f"{reservation} is {Reservation.State(state).label.lower()}. Nothing was changed.")
    return reservation.span


def _save_span(reservation: Reservation, span: Span) -> None:
    reservation.days = span.bounds
    reservation.save(update_fields=["days"])


@contextmanager
def _room_for(reservation: Reservation, wanted: Span, *, now: datetime) -> Iterator[None]:
    """Let the database decide whether the wanted days have room; its refusal becomes one that people can act on."""
    is_new = reservation.pk is None
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") not in _NO_ROOM:
            raise
        raise _refusal(reservation, wanted, now=now, is_new=is_new) from error


def _refusal(reservation: Reservation, wanted: Span, *, now: datetime, is_new: bool) -> room.NoRoom:
    pool, units = reservation.pool, reservation.units
    days.ensure(pool, through=wanted.last)
    free = days.room_around(pool, wanted, at=now)
    if not is_new:
        return room.too_long(pool.code, wanted, units=units, room=free)
    return room.refused(reservation.organization.name, pool.code, wanted, units=units, room=free)


def _check_customer(organization: Organization, pool: CapacityPool) -> None:
    if organization.status == lifecycle.Status.CLOSED:
        raise ValidationError({"organization": f"{organization} is closed."})
    if pool.api_version not in organization.plan_version.api_versions:
        raise ValidationError({"pool": f"{pool} serves {pool.api_version}, which {organization}'s plan does not have."})


def _check_span(span: Span, *, today: date) -> None:
    if span.last < span.first:
        raise ValidationError({"last": "The last day is before the first."})
    if span.first < today:
        raise ValidationError({"first": "Today or later: days that have passed stay as they were."})
    _check_last(span.last, today=today)


def _check_last(last: date, *, today: date) -> None:
    if last > today + days.FARTHEST:
        raise ValidationError({"last": f"At the latest {today + days.FARTHEST:%-d %b %Y}."})


def _check_hold(hold_until: datetime | None, *, now: datetime) -> None:
    if hold_until is not None and not now < hold_until <= now + LONGEST_HOLD:
        raise ValidationError({"hold_until": f"A hold lasts {LONGEST_HOLD.days} days at most, and ends after now."})


def _record_made(reservation: Reservation, **who: Any) -> None:
    until = reservation.hold_expires_at
    detail = {"until": f"{until:%-d %b %Y, %H:%M} UTC"} if until else {}
    verb = Verb.RESERVATION_HELD if until else Verb.RESERVATION_MADE
    _record(verb, reservation, changes=_made(reservation), detail=detail, **who)


def _made(reservation: Reservation) -> dict[str, list[Any]]:
    said = {
        "units": reservation.units,
        "pool": reservation.pool.code,
        "first": reservation.span.first.isoformat(),
        "last": reservation.span.last.isoformat(),
        "state": str(reservation.state),
        "hold_expires_at": _moment(reservation.hold_expires_at),
        "overflow": str(reservation.overflow),
        "contract_ref": reservation.contract_ref,
    }
    return {field: [None, value] for field, value in said.items() if value}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _record(verb: Verb, reservation: Reservation, *, changes: dict[str, list[Any]], **who: Any) -> None:
    organization = reservation.organization.target
    trail.record(verb, target=reservation.target, organization=organization, changes=changes, **who)
