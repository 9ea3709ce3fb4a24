"""How finely usage is drawn: hours, days or months, each for as long as its bars can be told apart. Pure."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from metering.explorer import spans
from metering.explorer.spans import DAY as ONE_DAY
from metering.explorer.spans import HOUR as ONE_HOUR
from metering.explorer.spans import Span

HOUR, DAY, MONTH = "hour", "day", "month"
GRAINS = ((HOUR, "Hour"), (DAY, "Day"), (MONTH, "Month"))
MOST_HOURS, MOST_DAYS = 7 * ONE_DAY, 93 * ONE_DAY
# A span of at most so long is drawn by hours, unless somebody asks for days.
HOURS_USUALLY = 2 * ONE_DAY


@dataclass(frozen=True)
class Slot:
    """One bar: start ≤ t < end in whole UTC hours. `ordinal` is how the database counts it."""

    start: datetime
    end: datetime
    ordinal: int
    short: str
    title: str


def usual(span: Span) -> str:
    """Return the grain in which the span is drawn unless somebody asks for another."""
    if span.length <= HOURS_USUALLY:
        return HOUR
    return DAY if span.length <= MOST_DAYS else MONTH


def fits(grain: str, span: Span) -> bool:
    """Say whether the span is short enough for bars of this grain."""
    return grain == MONTH or span.length <= {HOUR: MOST_HOURS, DAY: MOST_DAYS}[grain]


# One page asks for the same ones seven times.
@functools.lru_cache(maxsize=64)
def slots(span: Span, grain: str, zone: ZoneInfo) -> Sequence[Slot]:
    """Return the bars of the span, the first and the last cut to it."""
    return tuple(_hours(span, zone) if grain == HOUR else _days(span, zone) if grain == DAY else _months(span, zone))


def ordinal_of_day(day: date) -> int:
    """Count days, as the database does."""
    return day.toordinal()


def ordinal_of_month(day: date) -> int:
    """Count months from year 0, as the database does."""
    return day.year * 12 + day.month


def ordinal_in_sql(grain: str, day: str) -> str:
    """Return how the database counts days or months, of an expression that is a date or a local time."""
    if grain == MONTH:
        return f"(extract(year FROM {day}) * 12 + extract(month FROM {day}))::bigint"
    return f"({day}::date - DATE '0001-01-01' + 1)::bigint"


def _hours(span: Span, zone: ZoneInfo) -> Iterator[Slot]:
    at = span.start
    is_one_day = span.length <= ONE_DAY
    while at < span.end:
        local = at.astimezone(zone)
        short = f"{local:%H:%M}" if is_one_day or local.hour else f"{local:%-d %b}"
        title = f"{local:%a %-d %b %Y, %H:%M} {local.tzname()}"
        yield Slot(at, at + ONE_HOUR, int(at.timestamp()) // 3600, short, title)
        at += ONE_HOUR


def _days(span: Span, zone: ZoneInfo) -> Iterator[Slot]:
    day, last = _ends(span, zone)
    while day <= last:
        yield _slot(span, day, day + ONE_DAY, zone, ordinal_of_day(day), f"{day:%-d %b}", f"{day:%a %-d %b %Y}")
        day += ONE_DAY


def _months(span: Span, zone: ZoneInfo) -> Iterator[Slot]:
    first, last = _ends(span, zone)
    month = first.replace(day=1)
    while month <= last:
        after = (month + 31 * ONE_DAY).replace(day=1)
        yield _slot(span, month, after, zone, ordinal_of_month(month), f"{month:%b}", f"{month:%B %Y}")
        month = after


def _ends(span: Span, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last local day. A billing period may begin inside its first hour, with the day after it."""
    within = span.start + ONE_HOUR - timedelta(microseconds=1)
    return within.astimezone(zone).date(), (span.end - ONE_HOUR).astimezone(zone).date()


def _slot(span: Span, first: date, after: date, zone: ZoneInfo, ordinal: int, short: str, title: str) -> Slot:
    start, end = spans.begin(first, zone), spans.begin(after, zone)
    # The first bar reaches back to where the span begins, also where that is a part of an hour before its day.
    begins = span.start if start <= span.start + ONE_HOUR else start
    return Slot(begins, min(end, span.end), ordinal, short, title)
