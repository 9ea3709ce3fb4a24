"""Whether it is safe to end an old secret."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import assurance, safety
from keys.safety import Caller, Kind

# A Tuesday.
BEGAN = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = [BEGAN - 28 * DAY + n * HOUR for n in range(28 * 24)]
AROUND_THE_CLOCK = dict.fromkeys(MONTH, 100)
IN_OFFICE_HOURS = {hour: 50 for hour in MONTH if hour.weekday() < 5 and 9 <= hour.hour < 18}
NIGHTLY = {hour: 300 for hour in MONTH if hour.hour == 3}
WEEKLY = {hour: 10 for hour in MONTH if hour.weekday() == 6 and hour.hour == 3}


def _caller(hours: dict[datetime, int], *, last_at: datetime, new_at: datetime | None = None) -> Caller:
    return Caller("203.0.113.7", "python-requests/2.32", hours, last_at, new_at)


def _judge(hours: dict[datetime, int], *callers: Caller, last_at: datetime, now: datetime) -> safety.Verdict:
    return safety.judge(hours, callers, last_at=last_at, began=BEGAN, now=now)


def test_a_secret_that_nobody_ever_used_can_be_ended() -> None:
    verdict = safety.judge({}, [], last_at=None, began=BEGAN, now=BEGAN)
    assert (verdict.kind, verdict.is_safe) == (Kind.NEVER_USED, True)
    assert "No call with it was ever admitted" in assurance.said(verdict, now=BEGAN).text


@pytest.mark.parametrize(("silent", "safe"), [(HOUR, False), (2 * HOUR, True)])
def test_one_that_was_used_around_the_clock_is_safe_after_two_hours(silent: timedelta, safe: bool) -> None:
    verdict = _judge(AROUND_THE_CLOCK, last_at=BEGAN, now=BEGAN + silent)
    assert verdict.is_safe is safe
    assert verdict.safe_from == BEGAN + 2 * HOUR


def test_a_night_is_no_silence_for_one_that_is_used_in_office_hours() -> None:
    evening = BEGAN.replace(hour=18)
    for hours in (2, 8, 14):
        verdict = _judge(IN_OFFICE_HOURS, last_at=evening, now=evening + hours * HOUR)
        assert verdict.kind is Kind.NOT_LONG_ENOUGH
    assert verdict.silence is not None
    # Longer than a weekend, and through hours in which it was always there.
    assert verdict.silence.longest_gap == timedelta(hours=64) + HOUR
    assert verdict.safe_from is not None
    assert verdict.safe_from >= evening + verdict.silence.longest_gap


def test_a_nightly_batch_is_waited_for_more_than_once() -> None:
    last = (BEGAN + DAY).replace(hour=3)
    silence = safety.silence(NIGHTLY, last_at=last + HOUR, began=BEGAN, now=last + DAY)
    assert silence is not None
    assert silence.means_from is not None
    assert silence.means_from > last + 2 * DAY


def test_it_is_not_safe_while_somebody_uses_it() -> None:
    now = BEGAN + 5 * HOUR
    verdict = _judge(AROUND_THE_CLOCK, last_at=now - timedelta(minutes=11), now=now)
    said = assurance.said(verdict, now=now)
    assert (verdict.kind, said.tone) == (Kind.IN_USE, "warn")
    assert said.title.startswith("Not safe to end yet")


def test_one_rare_caller_speaks_against_what_all_the_others_say() -> None:
    now = BEGAN + DAY
    weekly = _caller(WEEKLY, last_at=max(WEEKLY) + HOUR)
    verdict = _judge(AROUND_THE_CLOCK, weekly, last_at=BEGAN, now=now)
    assert verdict.silence is not None
    assert verdict.silence.means(at=now)
    assert (verdict.is_safe, verdict.still) == (False, [weekly])
    said = assurance.said(verdict, now=now)
    assert "1 caller still uses the old secret" in said.title
    assert "203.0.113.7" in said.text
    assert "up to 7 days apart" in said.text


def test_a_rare_caller_that_has_moved_does_not() -> None:
    now = BEGAN + 7 * DAY
    moved = _caller(WEEKLY, last_at=max(WEEKLY) + HOUR, new_at=now - DAY)
    verdict = _judge(AROUND_THE_CLOCK, moved, last_at=BEGAN, now=now)
    assert (verdict.kind, verdict.everybody_moved) == (Kind.SAFE, True)
    assert "Every caller has moved" in assurance.said(verdict, now=now).text


def test_a_caller_seen_on_both_has_not_moved_within_the_day() -> None:
    now = BEGAN + 3 * HOUR
    both = _caller(NIGHTLY, last_at=now - HOUR, new_at=now - HOUR)
    assert _judge(AROUND_THE_CLOCK, both, last_at=now - HOUR, now=now).still == [both]


@pytest.mark.parametrize("hours", [{}, {MONTH[3]: 9}, {hour: 5 for hour in MONTH if hour >= BEGAN - 3 * DAY}])
def test_too_little_before_the_rotation_proves_nothing(hours: dict[datetime, int]) -> None:
    now = BEGAN + 20 * DAY
    verdict = _judge(hours, last_at=BEGAN, now=now)
    assert (verdict.kind, verdict.is_safe) == (Kind.TOO_FEW, False)
    assert "Too little traffic" in assurance.said(verdict, now=now).title


# Hours of the week that are active each week, and some that are active once.
weekly = st.sets(st.integers(0, 167), min_size=2)
once = st.sets(st.integers(0, len(MONTH) - 1), max_size=40)


def _hours(slots: set[int], extra: set[int], calls: int) -> dict[datetime, int]:
    return {hour: calls for n, hour in enumerate(MONTH) if n % 168 in slots or n in extra}


@settings(max_examples=60, deadline=None)
@given(weekly, once, st.integers(1, 5_000))
def test_a_silence_that_is_called_safe_is_longer_than_any_before(slots: set[int], extra: set[int], calls: int) -> None:
    hours = _hours(slots, extra, calls)
    last = max(hours) + HOUR
    safe_from = safety.judge(hours, [], last_at=last, began=BEGAN, now=last).safe_from
    assert safe_from is not None
    verdict = safety.judge(hours, [], last_at=last, began=BEGAN, now=safe_from)
    assert verdict.silence is not None
    assert (verdict.kind, verdict.silence.chance < safety.LEAST_CHANCE) == (Kind.SAFE, True)
    ordered = sorted(hours)
    # No two calls in these hours can have been further apart than the silence now is.
    assert safe_from - last >= max(later - earlier for earlier, later in pairwise(ordered)) + HOUR


@settings(max_examples=40, deadline=None)
@given(weekly, once, st.integers(1, 500), st.integers(0, 900), st.integers(1, 400))
def test_what_is_safe_stays_safe_while_it_is_silent(
    slots: set[int], extra: set[int], calls: int, early: int, later: int
) -> None:
    hours = _hours(slots, extra, calls)
    last, at = max(hours), max(hours) + HOUR + early * HOUR
    before = safety.judge(hours, [], last_at=last, began=BEGAN, now=at).is_safe
    after = safety.judge(hours, [], last_at=last, began=BEGAN, now=at + later * HOUR).is_safe
    assert after or not before
