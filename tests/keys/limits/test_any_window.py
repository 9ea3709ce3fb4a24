"""In any window W at most burst + W x limit / period are admitted."""

import time
from fractions import Fraction

import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.limits.limiter import Limiter
from tests.keys.limits import examples

START_US = int(time.time()) * 1_000_000
rates = st.tuples(st.integers(1, 5_000), st.integers(1, 7_200), st.integers(1, 12))
pauses = st.lists(st.sampled_from([0, 1, 7, 142_857, 142_858]) | st.integers(0, 20_000_000), min_size=30, max_size=80)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rate=rates, pauses=pauses)
def test_no_window_holds_more_than_promised(
    valkey: redis.Redis, limiter: Limiter, rate: tuple[int, int, int], pauses: list[int]
) -> None:
    valkey.flushdb()
    limit, period_s, burst = rate
    rule = examples.rate(limit, period_s, burst)
    admitted, now_us = [], START_US
    for pause in pauses:
        now_us += pause
        if limiter.spend(examples.call(rule), now_us=now_us).state == "admitted":
            admitted.append(now_us)
    for first, start in enumerate(admitted):
        for last, end in enumerate(admitted[first:], start=first):
            promised = burst + Fraction((end - start) * limit, period_s * 1_000_000)
            assert last - first + 1 <= promised, (rate, start, end)


def test_a_rate_whose_interval_is_no_whole_number_is_neither_faster_nor_slower(limiter: Limiter) -> None:
    # 60 s / 7 = 8,571,428.57… µs: the 70th comes after ten minutes, and not a microsecond earlier or later.
    rule = examples.rate(7, 60, 2)
    for _ in range(rule.burst):
        limiter.spend(examples.call(rule), now_us=START_US)
    for number in range(1, 71):
        due = START_US - (-number * 60_000_000 // 7)
        assert limiter.spend(examples.call(rule), now_us=due - 1).state == "refused"
        assert limiter.spend(examples.call(rule), now_us=due).state == "admitted"
