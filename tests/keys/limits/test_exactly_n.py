"""However many ask at once, exactly as many are admitted as the burst holds."""

import itertools
import time
from multiprocessing import get_context

import redis
from django.conf import settings

from keys.limits import limiter as limits
from keys.limits import store
from tests.keys.limits import examples

PROCESSES, TRIES, BURST = 8, 60, 250
# One a day: within the test nothing flows back.
DAY = 86_400


def try_often(url: str, now_us: int | None) -> int:
    """Ask TRIES times from a process of its own; returns how often the answer was yes."""
    limiter = limits.Limiter(store.Store(url, timeout=30))
    limit = examples.rate(1, DAY, BURST, id=1)
    outcomes = [limiter.spend(examples.call(limit), now_us=now_us) for _ in range(TRIES)]
    return sum(outcome.state == "admitted" for outcome in outcomes)


def admitted_by_all(now_us: int | None = None) -> int:
    with get_context("spawn").Pool(PROCESSES) as pool:
        return sum(pool.starmap(try_often, [(settings.VALKEY_URL, now_us)] * PROCESSES))


def test_exactly_n_of_n_are_admitted_under_eight_processes(limiter: limits.Limiter) -> None:
    assert admitted_by_all() == BURST


def test_a_clock_that_stands_still_admits_no_more(valkey: redis.Redis, limiter: limits.Limiter) -> None:
    # A bucket that expired when its debt was paid would come back full while the clock that it is judged by stalls.
    now_us = int(time.time() * 1_000_000)
    limit = examples.rate(1_000, 1, 20)
    admitted = 0
    for pause in itertools.repeat(0.002, 60):
        admitted += limiter.spend(examples.call(limit), now_us=now_us).state == "admitted"
        time.sleep(pause)
    assert admitted == limit.burst
