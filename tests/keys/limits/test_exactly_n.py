"""However many ask at once, exactly as many are admitted as the limits say; who is killed holds nothing for long."""

import itertools
import os
import signal
import struct
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection

import redis
from django.conf import settings

from keys.limits import calls, store
from keys.limits import limiter as limits
from keys.limits.applying import Limit
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


MANY, EACH, MOST = 16, 40, 300
NOON_US = 1_900_000_000_000_000
# Long enough for a machine that is busy, short enough to wait for.
SHORT_MS = 1_500


def all_kinds(room: int = MOST) -> list[Limit]:
    """One of each kind that admits exactly so many."""
    start = examples.at(NOON_US - NOON_US % 86_400_000_000)
    return [
        examples.rate(1, DAY, room, id=1),
        examples.window(room, start=start, id=2),
        examples.window(room - 20, start=start, dimension="generations", overage=20, id=3),
        examples.jobs(room, id=4),
        examples.reserved(room, id=-5),
    ]


def try_all_kinds(url: str, number: int) -> int:
    limiter = limits.Limiter(store.Store(url, timeout=30))
    asked = [examples.call(*all_kinds(), decision_id=f"{number}.{one}") for one in range(EACH)]
    return sum(limiter.spend(one, now_us=NOON_US).state == "admitted" for one in asked)


def test_exactly_n_of_n_under_sixteen_processes_and_all_kinds_of_limits(
    valkey: redis.Redis, limiter: limits.Limiter
) -> None:
    _, day, generations, jobs, reserved = all_kinds()
    day_name, open_name = (calls.counter(1, 1, one, start=one.bounds[0]) for one in (day, generations))
    for name in (day_name, open_name):
        valkey.set(name, struct.pack("<dd", 0, 2**53 - 1))
    with get_context("spawn").Pool(MANY) as workers:
        asked = [(settings.VALKEY_URL, number) for number in range(MANY)]
        assert sum(workers.starmap_async(try_all_kinds, asked).get(timeout=120)) == MOST
    used = [struct.unpack("<dd", valkey.get(name))[0] for name in (day_name, open_name)]
    sets = [calls.opened(open_name), calls.counter(1, 1, jobs), calls.counter(1, 1, reserved)]
    assert (used, [valkey.zcard(name) for name in sets]) == ([MOST] * 2, [MOST] * 3)


def hold(url: str, line: Connection) -> None:
    """Begin as many jobs as may run, say so, and never end them."""
    limiter = limits.Limiter(store.Store(url, timeout=30))
    jobs = [examples.call(examples.jobs(5, id=1), decision_id=f"d{one}", job_ms=SHORT_MS) for one in range(5)]
    line.send([limiter.spend(job).state for job in jobs])
    time.sleep(60)


def test_the_jobs_of_a_process_that_is_killed_end_by_themselves(limiter: limits.Limiter) -> None:
    context = get_context("spawn")
    here, there = context.Pipe()
    holder = context.Process(target=hold, args=(settings.VALKEY_URL, there))
    holder.start()
    assert here.recv() == ["admitted"] * 5
    began = time.monotonic()
    os.kill(holder.pid or 0, signal.SIGKILL)
    holder.join()
    late = examples.call(examples.jobs(5, id=1), decision_id="late")
    is_full = limiter.spend(late).state == "refused"
    assert is_full or time.monotonic() - began > SHORT_MS / 1_000 / 2
    while limiter.spend(late).state == "refused":
        assert time.monotonic() - began < 30
        time.sleep(0.05)
