"""Days of UTC and ranges of them, as reservations are written: the last day belongs to it. Pure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

DAY = timedelta(days=1)


def day_of(at: datetime) -> date:
    """The day of UTC on which the moment lies."""
    return at.astimezone(UTC).date()


def last(days: Any) -> date:
    """The last day of a `[)` range of dates."""
    end: date = days.upper
    return end - DAY


def words(first: date, to: date) -> str:
    """A range as people read it: 1 to 8 Dec, 28 Nov to 5 Dec, 20 Dec 2026 to 3 Jan 2027; one day alone: 8 Dec."""
    if first == to:
        return f"{first:%-d %b}"
    if first.year != to.year:
        return f"{first:%-d %b %Y} to {to:%-d %b %Y}"
    if first.month == to.month:
        return f"{first:%-d} to {to:%-d %b}"
    return f"{first:%-d %b} to {to:%-d %b}"
