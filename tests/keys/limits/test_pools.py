"""However many ask for shared room at once, exactly as much is given as there is; what the dead had is free again."""

import os
import signal
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection

import pytest
import redis
from django.conf import settings

from keys import admission
from keys.limits import limiter as limits
from keys.limits import pools, store
from keys.limits.limiter import Limiter
from keys.limits.windows import Totals
from tests.keys.limits import examples

PROCESSES, TRIES, ROOM = 6, 40, 70
POOL = pools.Pool(7, "eu", "v2", ROOM)
JOBS = pools.jobs_key(POOL.id)
WIDE = examples.rate(1_000_000, 1, 1_000, id=1)
NARROW = examples.rate(1, 86_400, 25, id=2)
# Long enough for a machine that is busy, short enough to wait for.
SHORT_MS = 1_500


def asked(organization: int, job: str, **fields: object) -> admission.Admission:
    spending = examples.call(
        WIDE if organization == 1 else NARROW, organization=organization, decision_id=job, **fields
    )
    return admission.ask(spending, candidates=[POOL], sums=lambda windows: Totals([]))


def use(url: str) -> None:
    limiter = Limiter(store.Store(url, timeout=30))
    limits.limiter = lambda: limiter  # type: ignore[assignment]


def try_often(url: str, number: int) -> tuple[int, int]:
    """Ask TRIES times from a process of its own for one of two organizations; returns it, and how often it got room."""
    use(url)
    organization = 1 + number % 2
    found = [asked(organization, f"{number}.{one}") for one in range(TRIES)]
    return organization, sum(one.outcome.state == "admitted" for one in found)


def hold(url: str, line: Connection) -> None:
    """Take all the room there is, say so, and never come back."""
    use(url)
    found = [asked(1, f"d{one}", job_ms=SHORT_MS) for one in range(ROOM)]
    line.send(sum(one.outcome.state == "admitted" for one in found))
    time.sleep(60)


@pytest.fixture
def limiter(limiter: Limiter, monkeypatch: pytest.MonkeyPatch) -> Limiter:
    monkeypatch.setattr(limits, "limiter", lambda: limiter)
    return limiter


def test_two_organizations_in_six_processes_get_exactly_what_there_is(valkey: redis.Redis, limiter: Limiter) -> None:
    with get_context("spawn").Pool(PROCESSES) as workers:
        asked_by = [(settings.VALKEY_URL, number) for number in range(PROCESSES)]
        got = workers.starmap_async(try_often, asked_by, chunksize=1).get(60)
    assert sum(count for _, count in got) == ROOM == valkey.zcard(JOBS)
    # What the limit of the one refused has been given back, down to the last job.
    assert sum(count for organization, count in got if organization == 2) <= NARROW.room
    mine = [name for name in valkey.zrange(JOBS, 0, -1) if name.startswith(b"2:")]
    assert len(mine) == sum(count for organization, count in got if organization == 2)


def test_who_is_killed_gives_the_room_back_when_its_leases_end(valkey: redis.Redis, limiter: Limiter) -> None:
    context = get_context("spawn")
    here, there = context.Pipe()
    holder = context.Process(target=hold, args=(settings.VALKEY_URL, there))
    holder.start()
    assert here.poll(60)
    assert here.recv() == ROOM
    os.kill(holder.pid or 0, signal.SIGKILL)
    holder.join()
    is_full = asked(1, "late").exhausted
    ends = min(score for _, score in valkey.zrange(JOBS, 0, -1, withscores=True))
    assert is_full or time.time() * 1_000 >= ends
    deadline = time.monotonic() + 30
    while asked(1, "later").exhausted:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert time.time() * 1_000 >= ends - 1


def test_without_room_nothing_is_spent(valkey: redis.Redis, limiter: Limiter) -> None:
    for one in range(ROOM):
        asked(1, f"d{one}")
    before = {name: valkey.dump(name) for name in valkey.keys("{2}:*")}
    assert asked(2, "late").exhausted
    assert {name: valkey.dump(name) for name in valkey.keys("{2}:*")} == before


def test_a_pool_that_shrinks_ends_no_job_and_begins_none(valkey: redis.Redis, limiter: Limiter) -> None:
    counters = limiter.store
    for one in range(3):
        pools.take(counters, [POOL], job=f"1:{one}", job_ms=60_000)
    smaller = pools.Pool(POOL.id, POOL.code, "v2", 2)
    assert pools.take(counters, [smaller], job="1:new", job_ms=60_000) is None
    assert pools.take(counters, [smaller], job="1:0", job_ms=60_000) == (smaller, False)
    assert valkey.zcard(JOBS) == 3
