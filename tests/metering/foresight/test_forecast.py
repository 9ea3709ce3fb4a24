"""What the rhythm of the last weeks says about the end of a period: held to rhythms of which the end is known."""

import math
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.forecast import FEWEST, LOOKED_AT, Forecast, forecast

DAY = timedelta(days=1)
# A Sunday at noon; the period began on the 1st and ends with the month.
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
TODAY = NOW.date()
WEEKDAYS = [1_000, 1_200, 1_300, 1_200, 900, 200, 100]

Rhythm = Callable[[date], float]


def _history(rhythm: Rhythm, days: int = LOOKED_AT, *, today: date = TODAY) -> dict[date, int]:
    found = {today - n * DAY: round(rhythm(today - n * DAY)) for n in range(1, days + 1)}
    return {**found, today: round(rhythm(today) / 2)}


def _of(history: dict[date, int], *, now: datetime = NOW, start: datetime = START, end: datetime = END) -> Forecast:
    so_far = sum(count for day, count in history.items() if start.date() <= day)
    found = forecast(history, so_far=so_far, now=now, until=end)
    assert found is not None
    return found


def _steady(day: date) -> float:
    return WEEKDAYS[day.weekday()]


def _whole(rhythm: Rhythm) -> int:
    return sum(round(rhythm(START.date() + n * DAY)) for n in range((END - START).days))


def test_a_steady_week_goes_on_as_it_is() -> None:
    found = _of(_history(_steady))
    assert found.likely == _whole(_steady)
    assert found.low <= found.likely <= found.high
    assert found.days == LOOKED_AT


def test_growth_goes_on_and_fades() -> None:
    def growing(day: date) -> float:
        return _steady(day) * 1.1 ** ((day - TODAY).days / 7)

    found, flat = _of(_history(growing)), _of(_history(_steady))
    assert abs(found.likely / _whole(growing) - 1) < 0.03
    far = forecast(_history(growing), so_far=0, now=NOW, until=NOW + 365 * DAY)
    assert far is not None
    # A tenth a week for a year would be 140 times as much.
    assert far.likely < 365 / 7 * sum(WEEKDAYS) * 1.8
    assert found.days == flat.days


def test_whoever_stopped_is_not_expected_back() -> None:
    history = {day: (0 if (TODAY - day).days <= 28 else count) for day, count in _history(_steady).items()}
    assert _of(history).rest < _of(_history(_steady)).rest * 0.1


def test_a_customer_of_some_days_is_told_with_a_wide_range() -> None:
    young, old = _of(_history(lambda day: 1_000, days=5)), _of(_history(lambda day: 1_000))
    assert young.days == 5
    assert young.likely == pytest.approx(old.likely - 16 * 1_000, rel=0.02)
    assert (young.high - young.low) > 5 * (old.high - old.low)


def test_of_too_little_nothing_is_said() -> None:
    for days in range(FEWEST):
        assert forecast(_history(_steady, days=days), so_far=0, now=NOW, until=END) is None
    assert forecast({}, so_far=0, now=NOW, until=END) is None


def test_nothing_is_to_come_after_the_end() -> None:
    assert forecast({}, so_far=7, now=END, until=END) == Forecast(7, 7, 7, 7, 0)


def test_what_today_has_says_more_about_today_the_later_it_is() -> None:
    def rest(hour: int) -> int:
        history = {**_history(lambda day: 2_400), TODAY: 0}
        now = NOW.replace(hour=hour)
        found = forecast(history, so_far=0, now=now, until=datetime(2026, 11, 23, tzinfo=UTC))
        assert found is not None
        return found.likely

    # A day that has had nothing so far: of 2,400 the part that is left, less what its silence says.
    assert [rest(0), rest(12), rest(18)] == [2_400, 600, 150]


def test_a_usual_day_may_begin_late() -> None:
    """Where nine tenths of a day happen after noon, half a day of silence says nothing."""
    history = {**_history(lambda day: 1_000), TODAY: 100}
    found = forecast(history, so_far=0, now=NOW, until=datetime(2026, 11, 23, tzinfo=UTC), passed_today=0.1)
    assert found is not None
    assert found.likely == pytest.approx(900, abs=10)


def test_a_period_that_ends_within_a_day_has_its_part() -> None:
    until = datetime(2026, 11, 24, 6, tzinfo=UTC)
    found = forecast(_history(lambda day: 2_400), so_far=0, now=NOW, until=until)
    assert found is not None
    assert found.likely == 1_200 + 2_400 + 600


_COUNTS = st.lists(st.integers(0, 5_000), max_size=70)


@settings(max_examples=60, deadline=None)
@given(counts=_COUNTS, so_far=st.integers(0, 10**6), hours=st.integers(0, 60 * 24), passed=st.floats(0, 1))
def test_it_is_never_below_what_is_there_and_its_range_holds_it(
    counts: list[int], so_far: int, hours: int, passed: float
) -> None:
    history = {TODAY - n * DAY: count for n, count in enumerate(counts)}
    until = NOW + timedelta(hours=hours)
    found = forecast(history, so_far=so_far, now=NOW, until=until, passed_today=passed)
    if found is not None:
        assert 0 <= so_far <= found.low <= found.likely <= found.high
        assert found.rest >= 0


@settings(max_examples=30, deadline=None)
@given(counts=st.lists(st.integers(1, 500), min_size=5, max_size=60), times=st.integers(2, 50))
def test_many_times_the_usage_is_as_many_times_the_forecast(counts: list[int], times: int) -> None:
    one = forecast({TODAY - n * DAY: c for n, c in enumerate(counts)}, so_far=0, now=NOW, until=END)
    many = forecast({TODAY - n * DAY: c * times for n, c in enumerate(counts)}, so_far=0, now=NOW, until=END)
    assert one is not None
    assert many is not None
    assert abs(many.likely - one.likely * times) <= times


@settings(max_examples=30, deadline=None)
@given(counts=st.lists(st.integers(0, 500), min_size=5, max_size=60), hours=st.integers(0, 600))
def test_a_later_end_is_never_less(counts: list[int], hours: int) -> None:
    history = {TODAY - n * DAY: count for n, count in enumerate(counts)}
    sooner = forecast(history, so_far=0, now=NOW, until=NOW + timedelta(hours=hours))
    later = forecast(history, so_far=0, now=NOW, until=NOW + timedelta(hours=hours + 5))
    assert sooner is None or later is None or sooner.likely <= later.likely


def _noisy(seed: int, *, growth: float, noise: float) -> Rhythm:
    """A rhythm of weekdays that grows and strays, the same for each seed."""
    chance = random.Random(seed)
    base = [chance.uniform(50, 2_000) for _ in range(7)]
    strays = {date(2026, 8, 1) + n * DAY: math.exp(chance.gauss(0, noise)) for n in range(200)}
    return lambda day: base[day.weekday()] * strays[day] * (1 + growth) ** ((day - TODAY).days / 7)


RHYTHMS = [(seed, growth, noise) for seed in range(20) for growth in (-0.05, 0.0, 0.05, 0.12) for noise in (0.05, 0.15)]


def test_looking_back_it_was_right_enough() -> None:
    """160 known rhythms, each asked on the 8th, the 15th and the 22nd: how far off, and how often outside its range."""
    errors, outside = [], 0
    for seed, growth, noise in RHYTHMS:
        rhythm = _noisy(seed, growth=growth, noise=noise)
        for day in (8, 15, 22):
            now = datetime(2026, 11, day, 12, tzinfo=UTC)
            found = _of(_history(rhythm, today=now.date()), now=now)
            truth = _whole(rhythm)
            errors.append(abs(found.likely / truth - 1))
            outside += not found.low <= truth <= found.high
    assert sum(errors) / len(errors) < 0.035
    assert sorted(errors)[int(len(errors) * 0.95)] < 0.1
    assert outside / len(errors) < 0.25


def test_it_beats_what_the_days_so_far_would_say() -> None:
    """Carrying on the mean of the month's days is what one would do by hand; weekends and growth mislead it."""
    ours, by_hand = 0.0, 0.0
    for seed, growth, noise in RHYTHMS:
        rhythm, now = _noisy(seed, growth=growth, noise=noise), datetime(2026, 11, 10, 12, tzinfo=UTC)
        history, truth = _history(rhythm, today=now.date()), _whole(rhythm)
        so_far = sum(count for day, count in history.items() if day >= START.date())
        ours += abs(_of(history, now=now).likely / truth - 1)
        by_hand += abs(so_far / 9.5 * 30 / truth - 1)
    assert ours < by_hand * 0.5
