"""Days of UTC and spans of them as people say them: the last day belongs to it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Span:
    """From one day to another, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        """1 to 8 Dec; 28 Nov to 5 Dec; 20 Dec 2026 to 3 Jan 2027; one day alone: 8 Dec."""
        if self.first == self.last:
            return f"{self.first:%-d %b}"
        if self.first.year != self.last.year:
            return f"{self.first:%-d %b %Y} to {self.last:%-d %b %Y}"
        begins = f"{self.first:%-d}" if self.first.month == self.last.month else f"{self.first:%-d %b}"
        return f"{begins} to {self.last:%-d %b}"

    def __iter__(self) -> Iterator[date]:
        return (self.first + ahead * DAY for ahead in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def bounds(self) -> DateRange:
        """The span as the database has it, `[)`."""
        return DateRange(self.first, self.last + DAY)

    def shifted(self, days: int) -> "Span":
        """The same number of days, so many later."""
        return Span(self.first + days * DAY, self.last + days * DAY)

    def meets(self, other: "Span") -> bool:
        """Say whether the two share a day."""
        return self.first <= other.last and other.first <= self.last


def of(days: Any) -> Span:
    """The span of a `[)` range of dates."""
    return Span(days.lower, days.upper - DAY)


def day_of(at: datetime) -> date:
    """The day of UTC on which the moment lies."""
    return at.astimezone(UTC).date()


def runs(days: Iterable[date]) -> list[Span]:
    """Days in their order as spans without gaps."""
    found: list[Span] = []
    for day in days:
        if found and found[-1].last + DAY == day:
            found[-1] = Span(found[-1].first, day)
        else:
            found.append(Span(day, day))
    return found
