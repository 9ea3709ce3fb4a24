"""The stretches of time that the explorer offers, in whole UTC hours, and the slots in which it draws them. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metering import periods

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A gateway's clock may be a little ahead of ours.
AHEAD = timedelta(minutes=5)
DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
RANGES = (
    ("24h", "Last 24 hours"),
    *((value, f"Last {days} days") for value, days in DAYS.items()),
    ("month", "This month"),
    ("last-month", "Last month"),
)
# As long as the ledger's months are kept, and a little more.
LONGEST = timedelta(days=500)
_HOUR_WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2})Z", re.ASCII)


@dataclass(frozen=True)
class Span:
    """Start ≤ t < end in whole UTC hours, and what people call it.

    `before` is what it is compared with, and `earlier` names that by its length: the day before, the 7 days before.
    """

    start: datetime
    end: datetime
    label: str
    before: "Span | None" = None
    earlier: str = ""

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def begin(day: date, zone: ZoneInfo) -> datetime:
    """Return the first whole UTC hour of a local day: its midnight, where that is a whole hour in UTC."""
    midnight = datetime.combine(day, time(), zone).astimezone(UTC)
    floor = midnight.replace(minute=0)
    return floor if floor == midnight else floor + HOUR


def is_exact(span: Span, zone: ZoneInfo) -> bool:
    """Say whether the local days of the span begin at midnight sharp, and not at the first whole UTC hour after it."""
    return all(
        begin(at.astimezone(zone).date(), zone) == datetime.combine(at.astimezone(zone).date(), time(), zone)
        for at in (span.start, span.end - HOUR)
    )


def of_days(first: date, last: date, zone: ZoneInfo, label: str = "") -> Span:
    """Return these local days, the last one included, compared with as many days before them."""
    count = (last - first).days + 1
    here, there = (_of_days(day, day + (last - first), zone) for day in (first, first - count * DAY))
    return replace(here, label=label or here.label, before=there, earlier=_earlier("day", count))


def of_hours(start: datetime, end: datetime, zone: ZoneInfo, label: str = "") -> Span:
    """Return these whole hours, compared with as many hours before them."""
    before = Span(start - (end - start), start, _hours(start - (end - start), start, zone))
    earlier = _earlier("hour", (end - start) // HOUR)
    return Span(start, end, label or _hours(start, end, zone), before, earlier)


def between(start: datetime, end: datetime, zone: ZoneInfo) -> Span:
    """Return what lies between two hours: in local days, where both are their beginnings."""
    first, last = start.astimezone(zone).date(), (end - HOUR).astimezone(zone).date()
    if (begin(first, zone), begin(last + DAY, zone)) == (start, end):
        return of_days(first, last, zone)
    return of_hours(start, end, zone)


def named(value: str, zone: ZoneInfo, *, now: datetime) -> Span | None:
    """Return the range that an address names; None where there is no such one."""
    today = now.astimezone(zone).date()
    label = dict(RANGES).get(value, "")
    if value == "24h":
        end = _present(now)
        return of_hours(end - DAY, end, zone, label)
    if value in DAYS:
        return of_days(today - (DAYS[value] - 1) * DAY, today, zone, label)
    if value == "month":
        return _month(today.replace(day=1), zone, through=today)
    if value == "last-month":
        last = today.replace(day=1) - DAY
        return _month(last.replace(day=1), zone, through=last)
    return None


def offered(value: str, zone: ZoneInfo, *, now: datetime) -> Span:
    """Return a range that is one of RANGES. ValueError where it is none."""
    found = named(value, zone, now=now)
    if found is None:
        raise ValueError(f"There is no range {value}.")
    return found


def edge(text: str, zone: ZoneInfo, *, is_end: bool) -> datetime:
    """Read `2026-11-24`, a local day, or `2026-11-24T13Z`, an hour in UTC.

    A day that ends a range is part of it, an hour is not. ValueError for anything else.
    """
    if found := _HOUR_WRITTEN.fullmatch(text):
        return datetime.combine(date.fromisoformat(found[1]), time(int(found[2])), UTC)
    day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no zone)
    if not date(2000, 1, 1) <= day <= date(2200, 1, 1):
        raise ValueError("This day is in no ledger.")
    return begin(day + DAY if is_end else day, zone)


def written(at: datetime) -> str:
    """Write an hour as `edge` reads it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%HZ}"


def _present(now: datetime) -> datetime:
    return (now.astimezone(UTC) + AHEAD).replace(minute=0, second=0, microsecond=0) + HOUR


def _of_days(first: date, last: date, zone: ZoneInfo) -> Span:
    return Span(begin(first, zone), begin(last + DAY, zone), days(first, last))


def _month(first: date, zone: ZoneInfo, *, through: date) -> Span:
    """A calendar month up to a day, compared with the same days of the month before."""
    end_before = first - DAY
    start_before = end_before.replace(day=1)
    last_before = min(end_before, start_before + (through - first))
    if (through + DAY).month != first.month:
        last_before = end_before
    here, there = _of_days(first, through, zone), _of_days(start_before, last_before, zone)
    earlier = "the month before" if last_before == end_before else "the same days a month before"
    return replace(here, label=f"{first:%B %Y}", before=there, earlier=earlier)


def of_period(span: periods.Span, label: str, *, now: datetime) -> Span:
    """Return the hours of a billing period that have begun; an hour that it shares with the next belongs to both."""
    start = span.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    end = periods.whole_hours(span).end
    end = end if end == span.end else end + HOUR
    return Span(start, max(min(end, _present(now)), start + HOUR), label)


def days(first: date, last: date) -> str:
    """Write some days: 24 Nov 2026, 1 to 24 Nov 2026, 28 Oct to 3 Nov 2026."""
    if first == last:
        return f"{first:%-d %b %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last:%-d %b %Y}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first:%-d %b}{year} to {last:%-d %b %Y}"


def _earlier(unit: str, count: int) -> str:
    return f"the {unit} before" if count == 1 else f"the {count} {unit}s before"


def _hours(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    here, there = start.astimezone(zone), end.astimezone(zone)
    far = "" if here.date() == there.date() else f"{there:%-d %b} "
    return f"{here:%-d %b %Y, %H:%M} to {far}{there:%H:%M}"
