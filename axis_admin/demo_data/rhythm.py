"""How many generations a studio asks for on a day, and at which hours. Pure: chance is an argument."""

from bisect import bisect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

HISTORY_DAYS = 396
# The last 60 days are whole. Before them half as much is kept every 45 days, down to an eighth: the seed stays quick,
# and the year looks like growth.
WHOLE_DAYS = 60
HALVED_DAYS = 45
LEAST_KEPT = 1 / 8
WEEKDAYS = (1.0, 1.08, 1.1, 1.04, 0.9, 0.3, 0.22)
# By local hour: nothing much at night, a dip at noon, a batch before people go home.
HOURS = (2, 2, 1, 1, 1, 2, 4, 9, 18, 26, 30, 27, 18, 20, 27, 29, 30, 32, 21, 12, 8, 6, 4, 3)
_HOURS_SO_FAR = tuple(accumulate(HOURS))
HOUR_MS = 3_600_000


def moments(
    chance: Random, *, daily: float, growth: float, zone: ZoneInfo, since: datetime, until: datetime, now: datetime
) -> Iterator[datetime]:
    """Yield the times of a studio's generations between two moments, in UTC and in no order within a day.

    `daily` is what a working day has now; it was `daily / growth` 13 months ago.
    """
    day = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while day < until:
        midnight = day.astimezone(UTC)
        for _ in range(_count(chance, day, daily=daily, growth=growth, now=now)):
            at = midnight + timedelta(milliseconds=_milliseconds(chance))
            if since <= at < until:
                yield at
        # The wall clock's next day, which is not always 24 hours later.
        day += timedelta(days=1)


def kept(days_ago: int) -> float:
    """Return the part of that day's generations that is written."""
    return max(LEAST_KEPT, 0.5 ** (max(0, days_ago - WHOLE_DAYS) / HALVED_DAYS))


def _count(chance: Random, day: datetime, *, daily: float, growth: float, now: datetime) -> int:
    ago = (now - day).days
    trend = growth ** (-ago / HISTORY_DAYS)
    expected = daily * trend * WEEKDAYS[day.weekday()] * chance.uniform(0.82, 1.15)
    expected *= kept(ago)
    whole = int(expected)
    return whole + (chance.random() < expected - whole)


def _milliseconds(chance: Random) -> int:
    hour = bisect(_HOURS_SO_FAR, chance.random() * _HOURS_SO_FAR[-1])
    return int((hour + chance.random()) * HOUR_MS)
