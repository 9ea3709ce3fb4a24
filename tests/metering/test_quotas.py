"""What a window has used is exact to the instant, in whichever zone it begins and ends."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from keys.limits import calendar, calls
from keys.limits.windows import Window
from keys.models import KeySecret
from metering import history, quotas
from metering.history import Past
from metering.models import Generation

HOUR, DAY, MILLISECOND = timedelta(hours=1), timedelta(days=1), timedelta(milliseconds=1)
# Offsets of 45 and 30 minutes, a shift of half an hour, one at midnight, and one the other way round.
ZONES = ("UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago", "America/New_York", "Europe/London")
times = st.integers(0, 2 * 366 * 86_400_000).map(lambda ms: datetime(2026, 1, 1, tzinfo=UTC) + ms * MILLISECOND)


def changes_of_the_clock(zone: ZoneInfo, since: datetime) -> list[datetime]:
    """The days of the last year on which the clocks are set, and a month's end."""
    days = [since + n * DAY for n in range(-366, 0)]
    shifts = [day for day in days if zone.utcoffset(day) != zone.utcoffset(day + DAY)]
    return [*shifts, next(day for day in days if day.month == 3 and day.day == 1)]


def bounds(window: str, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return calendar.begun(window, at, zone), next(calendar.beginnings(window, at, at + 40 * DAY, zone))


def asked(secret: KeySecret, start: datetime, end: datetime, by: str = "generations", **narrowed: object) -> Window:
    microseconds = calls.microseconds(start), calls.microseconds(end)
    return Window(secret.key.organization_id, by, "", *microseconds, **narrowed)  # type: ignore[arg-type]


def past(secret: KeySecret, at: datetime, **fields: object) -> Past:
    key = secret.key
    usual = {"api_version": "v2", "outcome": "succeeded", "units": 1, "environment": key.environment}
    return Past(key.organization_id, key.id, occurred_at=at, **{**usual, **fields})  # type: ignore[arg-type]


def in_the_ledger(window: Window) -> int:
    """Add up the generations themselves, one by one."""
    rows = Generation.objects.filter(organization_id=window.organization, outcome="succeeded", environment="live")
    rows = rows.filter(occurred_at__gte=window.starts_at, occurred_at__lt=window.ends_at)
    rows = rows.filter(key_id=window.key) if window.key else rows
    rows = rows.filter(api_version=window.version) if window.version else rows
    return sum(row.units if window.by == "units" else 1 for row in rows)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("window", ["day", "month"])
def test_a_window_counts_from_its_first_instant_to_its_last(live: KeySecret, zone: str, window: str) -> None:
    now = timezone.now().replace(microsecond=0)
    found = [bounds(window, at, ZoneInfo(zone)) for at in changes_of_the_clock(ZoneInfo(zone), now)]
    chance = random.Random(1)
    rows = []
    for start, end in found:
        # At the edges, within an hour of them, and anywhere.
        rows += [past(live, at) for at in (start - MILLISECOND, start, end - MILLISECOND, end)]
        near = [edge + chance.randrange(-7_200_000, 7_200_000) * MILLISECOND for edge in (start, end) for _ in range(9)]
        anywhere = [start + chance.random() * (end - start) for _ in range(9)]
        rows += [past(live, at, units=chance.randrange(1, 9)) for at in (*near, *anywhere)]
    history.write(rows)
    for by in ("generations", "units"):
        windows = [asked(live, *pair, by=by) for pair in found]
        assert quotas.sums(windows).used == [in_the_ledger(one) for one in windows]
        assert all(quotas.sums(windows).used)


def test_only_what_the_limit_is_about_counts(live: KeySecret, sandbox: KeySecret, hers: KeySecret) -> None:
    start = timezone.now().replace(hour=0, minute=30, second=0, microsecond=0) - 3 * DAY
    at = [start + n * 4 * HOUR for n in range(9)]
    history.write(
        [
            past(whose, one, **how)
            for one in at
            for whose in (live, sandbox, hers)
            for how in ({}, {"api_version": "v1"})
        ]
        + [past(live, one, outcome="failed") for one in at]
    )
    end = start + 33 * HOUR
    assert quotas.sums([asked(live, start, end)]).used == [18]
    assert quotas.sums([asked(live, start, end, version="v1")]).used == [9]
    assert quotas.sums([asked(live, start, end, key=live.key_id)]).used == [18]
    assert quotas.sums([asked(live, start, end, key=sandbox.key_id)]).used == [0]
    assert quotas.sums([asked(hers, start, start + 10 * MILLISECOND), asked(hers, start, end)]).used == [2, 18]


@given(start=times, length=st.timedeltas(MILLISECOND, 70 * DAY))
def test_the_parts_of_a_window_are_all_of_it_and_each_begins_where_it_is_counted(
    start: datetime, length: timedelta
) -> None:
    found = list(quotas.parts(start, start + length))
    assert found[0][1] == start
    assert found[-1][2] == start + length
    assert all(one[2] == next_one[1] for one, next_one in pairwise(found))
    for kind, since, until in found:
        unit = {"edge": timedelta(microseconds=1), "hour": HOUR, "day": DAY}[kind]
        assert not any((at - datetime(1970, 1, 1, tzinfo=UTC)) % unit for at in (since, until))
    # Whatever is not counted by the hour is less than two of them.
    assert sum((until - since for kind, since, until in found if kind == "edge"), timedelta()) < 2 * HOUR
