"""Ranges and bars are whole UTC hours, tile the time, and are told in the clocks of a zone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from metering import periods
from metering.explorer import grains, spans
from metering.explorer.spans import DAY, HOUR, Span

NOON = datetime(2026, 11, 22, 12, 40, tzinfo=UTC)
ZONES = ["UTC", "Europe/Lisbon", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"]


def _with_before(value: str, *, now: datetime) -> tuple[Span, Span]:
    span = spans.named(value, ZoneInfo("UTC"), now=now)
    assert span is not None
    assert span.before is not None
    return span, span.before


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("grain", ["hour", "day", "month"])
@pytest.mark.parametrize("range_", [value for value, _ in spans.RANGES])
def test_bars_tile_the_range(range_: str, grain: str, zone: str) -> None:
    span = spans.named(range_, ZoneInfo(zone), now=NOON)
    assert span is not None
    slots = grains.slots(span, grain, ZoneInfo(zone))
    assert (slots[0].start, slots[-1].end) == (span.start, span.end)
    assert all(one.end == other.start for one, other in pairwise(slots))
    assert all(one.ordinal < other.ordinal for one, other in pairwise(slots))
    assert all(slot.start.minute == 0 for slot in slots)


def test_a_day_begins_with_its_first_whole_hour() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    assert spans.begin(NOON.date(), kathmandu) == datetime(2026, 11, 21, 19, tzinfo=UTC)
    assert not spans.is_exact(spans.of_days(NOON.date(), NOON.date(), kathmandu), kathmandu)
    lisbon = ZoneInfo("Europe/Lisbon")
    assert spans.is_exact(spans.of_days(NOON.date(), NOON.date(), lisbon), lisbon)


def test_a_day_of_a_clock_change_is_as_long_as_it_is() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    day = datetime(2026, 10, 25, tzinfo=UTC).date()
    assert spans.of_days(day, day, berlin).length == timedelta(hours=25)


def test_this_month_is_held_against_the_same_days_of_the_month_before() -> None:
    month, before = _with_before("month", now=datetime(2026, 3, 30, 9, tzinfo=UTC))
    assert (month.label, before.label) == ("March 2026", "1 to 28 Feb 2026")
    last, before = _with_before("last-month", now=datetime(2026, 3, 30, 9, tzinfo=UTC))
    assert (last.label, before.label) == ("February 2026", "1 to 31 Jan 2026")


def test_days_are_held_against_as_many_before_them() -> None:
    week, before = _with_before("7d", now=NOON)
    assert (before.end, before.length) == (week.start, 7 * DAY)


@pytest.mark.parametrize(
    ("value", "earlier"),
    [
        ("24h", "the 24 hours before"),
        ("7d", "the 7 days before"),
        ("month", "the same days a month before"),
        ("last-month", "the month before"),
    ],
)
def test_what_a_range_is_held_against_is_named_by_its_length(value: str, earlier: str) -> None:
    assert spans.offered(value, ZoneInfo("UTC"), now=NOON).earlier == earlier


def test_a_day_is_held_against_the_day_before_and_an_hour_against_the_hour_before() -> None:
    utc, midnight = ZoneInfo("UTC"), NOON.replace(hour=0, minute=0)
    assert spans.between(midnight, midnight + DAY, utc).earlier == "the day before"
    assert spans.between(midnight, midnight + HOUR, utc).earlier == "the hour before"


def test_a_period_that_begins_inside_an_hour_has_that_hour_in_its_first_day() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    whole = periods.Span(
        periods.boundary(2026 * 12 + 10, anchor_day=1, zone=kathmandu),
        periods.boundary(2026 * 12 + 11, anchor_day=1, zone=kathmandu),
    )
    span = spans.of_period(whole, "2026-11", now=datetime(2027, 1, 1, tzinfo=UTC))
    slots = grains.slots(span, "day", kathmandu)
    assert (span.start, span.end) == (whole.start - timedelta(minutes=15), whole.end + timedelta(minutes=45))
    assert (slots[0].title, slots[0].start, len(slots)) == ("Sun 1 Nov 2026", span.start, 30)
    assert slots[-1].title == "Mon 30 Nov 2026"


def test_a_period_that_runs_ends_with_the_present_hour() -> None:
    whole = periods.Span(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert spans.of_period(whole, "2026-11", now=NOON).end == datetime(2026, 11, 22, 13, tzinfo=UTC)


def test_grains_have_a_longest_span() -> None:
    (year, _), (day, _) = (_with_before(value, now=NOON) for value in ("365d", "24h"))
    assert [grains.usual(day), grains.usual(year)] == ["hour", "month"]
    assert [grains.fits(grain, year) for grain in ("hour", "day", "month")] == [False, False, True]


@pytest.mark.parametrize(
    "text", ["2026-13-01", "24 Nov", "2026-11-24T25Z", "2026-11-24T13", "1999-12-31", "٢٠٢٦-١١-٢٤"]
)
def test_what_is_no_day_and_no_hour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|match|must be|ledger|unconverted"):
        spans.edge(text, ZoneInfo("UTC"), is_end=False)


def test_hours_are_written_as_they_are_read() -> None:
    at = NOON.replace(minute=0)
    assert spans.edge(spans.written(at), ZoneInfo("Asia/Tokyo"), is_end=True) == at
    assert spans.between(at, at + HOUR, ZoneInfo("UTC")).label == "22 Nov 2026, 12:00 to 13:00"
