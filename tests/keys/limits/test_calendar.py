"""When days and months begin: decisions ask PostgreSQL, pages do not, and both say the same wherever clocks are set."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.db import connection

from keys.limits import calendar

# A midnight that comes twice, one that never comes, offsets of 45 minutes, a shift of half an hour, and a date line.
ZONES = [
    "America/Havana",
    "Atlantic/Azores",
    "America/Santiago",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Europe/Lisbon",
    "UTC",
]
FIRST, LAST = date(2024, 1, 1), date(2028, 12, 31)
DAY = timedelta(days=1)
AROUND = [timedelta(minutes=n) for n in (-90, -30, -1, 0, 1, 30, 59, 60, 61, 90, 23 * 60 + 30, 24 * 60 + 30)]


def _times(zone: ZoneInfo) -> list[datetime]:
    """Around the midnights of each month's last days and first one, and of days on which clocks are set."""
    days = [FIRST + n * DAY for n in range((LAST - FIRST).days)]
    midnights = [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days]
    odd = [
        one for one, after in pairwise(midnights) if after - one != DAY or one.astimezone(zone).day in (1, 29, 30, 31)
    ]
    return sorted({one + shift for one in odd for shift in AROUND})


def _said(window: str, times: list[datetime], zone: str) -> list[list[datetime]]:
    """Ask PostgreSQL for the window of each time and the two after it."""
    statement = calendar.STATEMENT.format(window=f"'{window}'", zone=f"'{zone}'", now="asked.now")
    asked = "unnest(%s::timestamptz[]) WITH ORDINALITY AS asked (now, place)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({statement})::text FROM {asked} ORDER BY place", [times])
        return [[datetime.fromisoformat(one) for one in orjson.loads(text)] for (text,) in cursor.fetchall()]


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("window", ["day", "month"])
def test_decisions_and_pages_know_the_same_window_at_every_time(window: str, zone: str) -> None:
    place = ZoneInfo(zone)
    times = _times(place)
    for at, (begun, ends, *further) in zip(times, _said(window, times, zone), strict=True):
        assert begun <= at < ends, f"{at} has no {window}"
        assert begun == calendar.begun(window, at, place)
        following = calendar.beginnings(window, at, at + 70 * DAY, place)
        assert [ends, *further] == [next(following), next(following)]


@pytest.mark.parametrize("zone", ZONES)
def test_a_window_begins_with_the_first_instant_of_its_day(zone: str) -> None:
    place = ZoneInfo(zone)
    for begun in {calendar.begun("day", at, place) for at in _times(place)}:
        assert (begun - timedelta(microseconds=1)).astimezone(place).date() < begun.astimezone(place).date()
