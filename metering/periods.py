"""When billing periods begin and end, and what they are called. Pure: a rule about calendars and zones."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

MONTHS = 12


@dataclass(frozen=True)
class Terms:
    """What a contract says about time: a day of the month, where, from when and until when."""

    anchor_day: int
    zone: ZoneInfo
    since: datetime
    until: datetime | None = None

    def cover(self, at: datetime) -> bool:
        """Say whether the contract is in effect at that time."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True)
class Span:
    """A stretch of time in UTC: start ≤ t < end."""

    start: datetime
    end: datetime


def boundary(month: int, *, anchor_day: int, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the anchor day of a month begins there; months are counted from year 0.

    A month without that day has its last one instead, always counted from the original anchor: 31 January, 28 February,
    31 March. Where local midnight does not exist, the day begins when clocks have jumped over it; where it comes twice,
    with the first.
    """
    year, index = divmod(month, MONTHS)
    day = min(anchor_day, calendar.monthrange(year, index + 1)[1])
    return datetime(year, index + 1, day, tzinfo=zone).astimezone(UTC)


def month_start(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the calendar month of `at` began there."""
    return boundary(_month_of(at, zone), anchor_day=1, zone=zone)


def next_month(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the calendar month after that of `at` begins there."""
    return boundary(_month_of(at, zone) + 1, anchor_day=1, zone=zone)


def containing(at: datetime, terms: Terms) -> Span | None:
    """Return the period that contains `at`, cut to the contract; None where the contract does not cover it."""
    if not terms.cover(at):
        return None
    month = _month_of(at, terms.zone)
    start = boundary(month, anchor_day=terms.anchor_day, zone=terms.zone)
    if at < start:
        month, start = month - 1, boundary(month - 1, anchor_day=terms.anchor_day, zone=terms.zone)
    end = boundary(month + 1, anchor_day=terms.anchor_day, zone=terms.zone)
    return Span(max(start, terms.since), min(end, terms.until or end))


def between(first: datetime, last: datetime, terms: Terms) -> Iterator[Span]:
    """Yield the periods from the one that contains `first` to the one that contains `last`, in order."""
    span = containing(max(first, terms.since), terms)
    while span is not None and span.start <= last:
        yield span
        span = containing(span.end, terms)


def share(span: Span, terms: Terms) -> Fraction:
    """Return the local days of a span by those of the whole period that it lies in; 1 where it is a whole one.

    A day belongs to what it begins in, so that the parts of a period add up to 1.
    """
    whole = containing(span.start, replace(terms, since=datetime.min.replace(tzinfo=UTC), until=None))
    if whole is None or span == whole:
        return Fraction(1)
    return Fraction(_days_in(span, terms.zone), _days_in(whole, terms.zone))


def _days_in(span: Span, zone: ZoneInfo) -> int:
    """Count the local days that begin in the span."""
    return _first_day(span.end, zone) - _first_day(span.start, zone)


def _first_day(at: datetime, zone: ZoneInfo) -> int:
    """Number the first local day that begins at that time or after it."""
    local = at.astimezone(zone)
    begins = datetime(local.year, local.month, local.day, tzinfo=zone).astimezone(UTC)
    return local.toordinal() + (at > begins)


def label(start: datetime, zone: ZoneInfo) -> str:
    """Name a period by its local start: `2026-11`, or `2026-11-15` where it does not start with the month."""
    local = start.astimezone(zone)
    return f"{local:%Y-%m}" if start == month_start(start, zone) else f"{local:%Y-%m-%d}"


def _month_of(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.year * MONTHS + local.month - 1


def whole_hours(span: Span) -> Span:
    """Return the whole UTC hours inside the span; empty where start is not before end."""
    start = span.start.astimezone(UTC)
    floor = start.replace(minute=0, second=0, microsecond=0)
    return Span(
        floor if floor == start else floor + timedelta(hours=1),
        span.end.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
    )
