"""From which day on the contract after a pilot holds: from today, that is at once, or as a later day begins."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from metering import period_names, periods, rating
from orgs.models import Organization

DAY = timedelta(days=1)
# Beyond these, nothing that has begun by now is called like a period that is still to come.
LOOKED_AT = 62
# Only the first periods can be called like one before them.
FIRST = 3
# When a billing period begins, and its label.
Known = list[tuple[datetime, str]]


def instant(organization: Organization, terms: rating.Terms, day: date | None, *, now: datetime) -> datetime:
    """Return when a contract with these terms begins: now, or as that day begins on its clocks.

    ValidationError, which names a day that can be, where it has passed, where another version holds then, and where
    two billing periods would be called alike.
    """
    zone, known = ZoneInfo(terms.time_zone), _known(organization)
    at = _instant(day, zone, now=now)
    free = first_free(organization, terms, now=now)
    if at < now:
        _refuse(f"{_said(day)} has passed in {zone.key}. Choose {_said(free)}, or a later day.")
    present = organization.contracts.covering(now).first()
    end = present.effective.upper if present else None
    if end is not None and at >= end:
        _refuse(f"Another version of the contract begins on {_said(end.astimezone(zone).date())}. Choose a day before.")
    if label := _twice(known, terms, at):
        named = period_names.named(label)
        _refuse(f"Two billing periods would be called {named}. Choose {_said(free)}, or a later day.")
    return at


def first_free(organization: Organization, terms: rating.Terms, *, now: datetime) -> date:
    """Return the first day, today or later, from which no two billing periods are called alike."""
    zone, known = ZoneInfo(terms.time_zone), _known(organization)
    today = now.astimezone(zone).date()
    days = (today + n * DAY for n in range(LOOKED_AT))
    return next((day for day in days if not _twice(known, terms, _instant(day, zone, now=now))), today)


def _instant(day: date | None, zone: ZoneInfo, *, now: datetime) -> datetime:
    if day is None or day == now.astimezone(zone).date():
        return now
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _known(organization: Organization) -> Known:
    return [(span.lower, label) for span, label in organization.billing_periods.values_list("span", "label")]


def _twice(known: Known, terms: rating.Terms, at: datetime) -> str:
    """The label that a period before that time and one after it would both have; "" where there is none."""
    zone = ZoneInfo(terms.time_zone)
    rule = periods.Terms(anchor_day=terms.anchor_day, zone=zone, since=at)
    coming: Iterable[periods.Span] = islice(periods.between(at, datetime.max.replace(tzinfo=UTC), rule), FIRST)
    before = {label for begins, label in known if begins < at}
    return next((label for label in (periods.label(span.start, zone) for span in coming) if label in before), "")


def _said(day: date | None) -> str:
    return f"{day:%-d %b %Y}" if day else "today"


def _refuse(text: str) -> None:
    raise ValidationError({"first_day": text})
