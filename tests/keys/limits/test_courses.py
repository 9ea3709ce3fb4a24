"""Minutes replayed against a limit, beside a model that looks at every call by itself."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.limits import courses, peaks
from keys.limits.courses import Course
from keys.limits.slots import Slot
from keys.limits.terms import Terms

MINUTE = Slot("rate", "requests", "v2", 60)
MONTH = Slot("window", "generations", None, None, "month")
JOBS = Slot("concurrency")


def course(offered, *, admitted=None, units=None, **more: Any):
    calls = list(offered)
    return Course(calls, list(admitted or calls), calls, list(units or calls), **more)


def one_by_one(minutes, *, limit, burst, period=60, units=None):
    """GCRA with exact fractions of seconds, each call at its own time: the calls of a minute evenly spread over it."""
    owed, at, refused = Fraction(0), Fraction(0), {}
    for minute, calls in enumerate(minutes):
        cost = Fraction(period, limit) * (Fraction(units[minute], calls) if units and calls else 1)
        for number in range(calls):
            now = 60 * minute + Fraction(60 * number, calls)
            owed, at = max(Fraction(0), owed - (now - at)), now
            if owed + cost <= burst * Fraction(period, limit):
                owed += cost
            else:
                refused[minute] = refused.get(minute, 0) + 1
    return refused


@settings(max_examples=400, deadline=None)
@given(
    minutes=st.lists(st.integers(0, 60), min_size=1, max_size=12),
    limit=st.integers(1, 80),
    burst=st.integers(1, 40),
    period=st.sampled_from([1, 10, 60, 300, 3600]),
)
def test_evenly_spread_calls_are_refused_as_if_each_were_asked_by_itself(minutes, limit, burst, period):
    terms = Terms(Slot("rate", "requests", "v2", period), limit, burst)
    expected = one_by_one(minutes, limit=limit, burst=burst, period=period)
    assert courses.refused_by_rate(course(minutes), terms) == expected


@settings(max_examples=200, deadline=None)
@given(
    minutes=st.lists(st.tuples(st.integers(1, 20), st.integers(1, 4)), min_size=1, max_size=8),
    limit=st.integers(1, 60),
    burst=st.integers(1, 40),
)
def test_cost_units_of_a_minute_are_the_same_for_each_of_its_calls(minutes, limit, burst):
    calls = [count for count, _ in minutes]
    units = [count * each for count, each in minutes]
    terms = Terms(Slot("rate", "units", "v2", 60), limit, burst)
    expected = one_by_one(calls, limit=limit, burst=burst, units=units)
    assert courses.refused_by_rate(course(calls, units=units), terms) == expected


@settings(max_examples=300, deadline=None)
@given(
    times=st.lists(st.integers(0, 5 * 60 * 1000 - 1), min_size=1, max_size=120),
    limit=st.integers(1, 60),
    burst=st.integers(1, 30),
)
def test_with_the_same_numbers_hardly_more_is_refused_than_really_was(times, limit, burst):
    admitted, refused = [0] * 5, [0] * 5
    owed, at = Fraction(0), 0
    for now in sorted(times):
        owed, at = max(Fraction(0), owed - Fraction(now - at, 1000)), now
        passes = owed + Fraction(60, limit) <= burst * Fraction(60, limit)
        owed += Fraction(60, limit) if passes else 0
        (admitted if passes else refused)[now // 60_000] += 1
    terms = Terms(MINUTE, limit, burst)
    offered = [sum(both) for both in zip(admitted, refused, strict=True)]
    hits = frozenset(minute for minute, count in enumerate(refused) if count)
    told = course(offered, admitted=admitted, hits=hits, held=[(0, 5, terms)])
    # Calls may have come a little further apart than evenly, each minute to its very end.
    assert sum(courses.refused_by_rate(told, terms).values()) <= sum(refused) + 5


def test_a_minute_that_was_refused_comes_out_as_it_was_with_the_same_limit():
    terms = Terms(MINUTE, 60, 10)
    # 10 of the bucket and 20 earned in 20 seconds; the other 70 came too fast.
    told = course([100], admitted=[30], hits={0}, held=[(0, 1, terms)])
    assert courses.refused_by_rate(told, terms) == {0: 70}


def test_a_higher_limit_admits_what_it_earns_in_the_time_in_which_the_calls_came():
    before = Terms(MINUTE, 60, 10)
    told = course([100], admitted=[30], hits={0}, held=[(0, 1, before)])
    # Three a second for the same 20 seconds, and the bucket.
    assert courses.refused_by_rate(told, Terms(MINUTE, 180, 10)) == {0: 30}
    assert courses.refused_by_rate(told, Terms(MINUTE, 180, 40)) == {}


def test_a_minute_that_its_limit_does_not_explain_is_refused_as_it_was():
    # Four passed of a bucket of a hundred, and more were refused: it had been emptied in a way that nobody counted.
    before = Terms(MINUTE, 600, 100)
    told = course([10], admitted=[4], hits={0}, held=[(0, 1, before)])
    assert courses.refused_by_rate(told, before) == {0: 6}
    assert courses.refused_by_rate(told, Terms(MINUTE, 1200, 100)) == {0: 2}
    assert courses.refused_by_rate(told, Terms(MINUTE, 300, 100)) == {0: 8}


def test_the_limit_of_that_minute_is_what_tells_how_fast_the_calls_came():
    raised, usual = Terms(MINUTE, 120, 10), Terms(MINUTE, 60, 10)
    told = course([100, 0, 100], admitted=[50, 0, 30], hits={0, 2}, held=[(0, 1, raised), (1, 3, usual)])
    assert courses.refused_by_rate(told, usual) == {0: 70, 2: 70}


def test_a_call_that_costs_more_than_the_bucket_never_passes():
    terms = Terms(Slot("rate", "units", "v2", 60), 60, 3)
    assert courses.refused_by_rate(course([2], units=[8]), terms) == {0: 2}


def test_a_window_refuses_what_comes_after_it_is_full_and_begins_anew():
    terms = Terms(MONTH, 25)
    told = course([10, 10, 10, 10], starts={0: 0, 3: 0})
    assert courses.refused_by_window(told, terms) == {2: 5}


def test_a_window_counts_what_was_used_before_the_first_minute_and_what_may_go_over_it():
    told = course([10, 10], starts={0: 90})
    assert courses.refused_by_window(told, Terms(MONTH, 100)) == {1: 10}
    assert courses.refused_by_window(told, Terms(MONTH, 100, overage=5)) == {1: 5}


def test_where_a_window_was_really_full_it_is_taken_to_hold_what_it_held():
    # Failed generations had given 20 units back, so that it was full later than the admissions say.
    held = [(0, 3, Terms(MONTH, 100))]
    told = course([60, 60, 10], admitted=[60, 60, 0], hits={2}, held=held, starts={0: 0})
    assert courses.refused_by_window(told, Terms(MONTH, 130)) == {}


def test_running_jobs_are_calls_times_their_length():
    # Of 30 a minute, 20 s each, 10 run at any time.
    assert courses.refused_by_jobs(course([30]), Terms(JOBS, 10), 20.0) == {}
    assert courses.refused_by_jobs(course([30]), Terms(JOBS, 5), 20.0) == {0: 15}


def test_a_minute_that_was_refused_jobs_had_reached_the_limit_of_then():
    told = course([100], admitted=[60], hits={0}, held=[(0, 1, Terms(JOBS, 48))])
    assert courses.refused_by_jobs(told, Terms(JOBS, 48), None) == {0: 40}
    assert courses.refused_by_jobs(told, Terms(JOBS, 64), None) == {0: 24}
    assert courses.refused_by_jobs(told, Terms(JOBS, 40), None) == {0: 48}


def test_a_limit_of_jobs_that_refused_nothing_was_not_passed():
    # The mean length says 100 at once; nothing was refused at 48, so that it cannot have been more.
    told = course([300], held=[(0, 1, Terms(JOBS, 48))])
    assert courses.refused_by_jobs(told, Terms(JOBS, 48), 20.0) == {}
    assert courses.refused_by_jobs(told, Terms(JOBS, 24), 20.0) == {0: 150}


def test_long_jobs_run_on_in_the_minutes_that_follow():
    assert courses.running_jobs([10, 0, 0], 90.0) == [10.0, 5.0, 0.0]


@pytest.mark.parametrize(("period", "most"), [(60, 9), (120, 13), (3600, 20)])
def test_the_peak_of_a_rate_is_its_busiest_period(period, most):
    terms = Terms(Slot("rate", "requests", None, period), 100, 10)
    assert peaks.most_used(course([4, 9, 0, 5, 2]), terms, [4, 9, 0, 5, 2]) == most


def test_the_peak_of_a_window_is_the_fullest_one():
    told = course([4, 9, 1], starts={0: 3, 2: 0})
    assert peaks.most_used(told, Terms(MONTH, 100), told.offered) == 16


def test_the_peak_of_running_jobs_is_the_limit_where_it_was_reached():
    told = course([30, 30], hits={1}, held=[(0, 2, Terms(JOBS, 12))])
    assert peaks.most_used(told, Terms(JOBS, 20), told.offered, 20.0) == 12
