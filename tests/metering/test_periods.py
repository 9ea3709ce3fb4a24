"""Periods tile time, whatever the anchor and wherever the customer is."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering import periods
from metering.periods import Terms

AWKWARD = [
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",  # midnight was skipped each spring until 2018
    "Pacific/Apia",  # 30 December 2011 does not exist
    "America/Havana",  # the hour after midnight comes twice each autumn
    "Africa/Casablanca",
    "UTC",
]
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize("zone", AWKWARD)
@pytest.mark.parametrize("anchor", range(1, 32))
def test_periods_tile_time(anchor: int, zone: str) -> None:
    terms = Terms(anchor, ZoneInfo(zone), datetime(2010, 1, 1, tzinfo=UTC))
    tiles = list(periods.between(terms.since, datetime(2027, 1, 1, tzinfo=UTC), terms))
    assert len(tiles) >= 17 * 12
    assert tiles[0].start == terms.since
    for one, following in pairwise(tiles):
        assert one.start < one.end == following.start
        assert periods.containing(one.end - MICROSECOND, terms) == one
        assert periods.containing(one.end, terms) == following


@pytest.mark.parametrize("zone", AWKWARD)
@pytest.mark.parametrize("anchor", [1, 15, 28, 29, 30, 31])
def test_a_period_begins_with_the_first_instant_of_its_local_day(anchor: int, zone: str) -> None:
    place = ZoneInfo(zone)
    terms = Terms(anchor, place, datetime(2010, 1, 1, tzinfo=UTC))
    for span in list(periods.between(terms.since, datetime(2027, 1, 1, tzinfo=UTC), terms))[1:]:
        before, first = (span.start - MICROSECOND).astimezone(place), span.start.astimezone(place)
        assert before.date() < first.date()


def test_a_month_without_the_anchor_day_has_its_last_one() -> None:
    terms = Terms(31, ZoneInfo("UTC"), datetime(2027, 1, 31, tzinfo=UTC))
    spans = list(periods.between(terms.since, datetime(2027, 5, 1, tzinfo=UTC), terms))
    assert [span.start.date() for span in spans] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]


def test_a_leap_year_has_29_february() -> None:
    terms = Terms(30, ZoneInfo("UTC"), datetime(2028, 1, 1, tzinfo=UTC))
    span = periods.containing(datetime(2028, 3, 1, tzinfo=UTC), terms)
    assert span == periods.Span(datetime(2028, 2, 29, tzinfo=UTC), datetime(2028, 3, 30, tzinfo=UTC))


def test_where_midnight_is_skipped_the_day_begins_an_hour_later() -> None:
    boundary = periods.boundary(2018 * 12 + 10, anchor_day=4, zone=ZoneInfo("America/Sao_Paulo"))
    assert boundary == datetime(2018, 11, 4, 3, tzinfo=UTC)


def test_a_period_is_cut_to_its_contract() -> None:
    since, until = datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 12, 5, tzinfo=UTC)
    terms = Terms(1, ZoneInfo("UTC"), since, until)
    spans = list(periods.between(since, datetime(2027, 3, 1, tzinfo=UTC), terms))
    assert [(span.start.day, span.end.day) for span in spans] == [(10, 1), (1, 5)]
    assert periods.containing(since - MICROSECOND, terms) is None
    assert periods.containing(until, terms) is None


@pytest.mark.parametrize(
    ("start", "zone", "label"),
    [
        ("2026-11-01T00:00:00+00:00", "UTC", "2026-11"),
        ("2026-11-15T00:00:00+00:00", "UTC", "2026-11-15"),
        ("2026-10-31T18:15:00+00:00", "Asia/Kathmandu", "2026-11"),
        ("2026-11-01T03:00:00+00:00", "America/Sao_Paulo", "2026-11"),
        ("2026-11-01T02:00:00+00:00", "America/Sao_Paulo", "2026-10-31"),
    ],
)
def test_a_label_is_the_month_of_the_local_start(start: str, zone: str, label: str) -> None:
    assert periods.label(datetime.fromisoformat(start), ZoneInfo(zone)) == label


@given(start=st.datetimes(timezones=st.just(UTC)), seconds=st.integers(0, 100_000))
def test_whole_hours_lie_inside_and_leave_less_than_an_hour(start: datetime, seconds: int) -> None:
    try:
        span = periods.Span(start, start + timedelta(seconds=seconds))
        hours = periods.whole_hours(span)
    except OverflowError:
        return
    hour = timedelta(hours=1)
    assert timedelta() <= hours.start - span.start < hour
    assert timedelta() <= span.end - hours.end < hour
    assert hours.start.minute == hours.end.minute == 0
