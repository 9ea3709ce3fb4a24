"""What runs in the pools is looked at each minute, and summed up by hour."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import redis

from keys import tasks, utilisation
from keys.limits import pools, store
from orgs.capacity import use
from orgs.models import CapacityPool, PoolHour, Reservation
from tests.capacity import a_pool, a_reservation

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch, settings: object) -> store.Store:
    """The machine that tests is busy."""
    made = store.Store(settings.VALKEY_URL, timeout=10)  # type: ignore[attr-defined]
    monkeypatch.setattr(store, "patient", lambda: made)
    return made


def run(valkey: redis.Redis, name: str, jobs: int, *, over: int = 0) -> None:
    """Let so many jobs run, and so many have ended without anybody saying so."""
    now = time.time() * 1_000
    ends = {f"{one}": now + (60_000 if one < jobs else -1_000) for one in range(jobs + over)}
    valkey.delete(name)
    if ends:
        valkey.zadd(name, ends)


def ago(valkey: redis.Redis, seconds: float) -> None:
    """Let the last look have been so long ago."""
    valkey.set(utilisation.SAMPLED, int(time.time() * 1_000 - seconds * 1_000))


def own(reservation: Reservation) -> str:
    return f"{{{reservation.organization_id}}}:reserved:{reservation.pool.code}"


def rows(pool: CapacityPool) -> dict[int | None, tuple[int, int]]:
    """Peaks and job seconds by organization; None for the shared room."""
    return {one.organization_id: (one.peak_jobs, one.job_seconds) for one in PoolHour.objects.filter(pool=pool)}


def test_each_reservation_and_the_shared_room_are_told_apart(workers_valkey: redis.Redis) -> None:
    pool = a_pool(capacity=32)
    first, second = a_reservation(pool, units=2), a_reservation(pool, units=3)
    run(workers_valkey, own(first), 3, over=2)
    run(workers_valkey, own(second), 5)
    run(workers_valkey, pools.jobs_key(pool.pk), 7, over=4)
    ago(workers_valkey, 60)
    tasks.sample_pools()
    found = rows(pool)
    assert {name: peak for name, (peak, _) in found.items()} == {
        first.organization_id: 3, second.organization_id: 5, None: 7,
    }  # fmt: skip
    assert found[None][1] == pytest.approx(420, abs=35)


def test_an_hour_has_its_peak_and_the_sum_of_its_seconds(workers_valkey: redis.Redis) -> None:
    pool = a_pool()
    for jobs in (2, 6, 4):
        run(workers_valkey, pools.jobs_key(pool.pk), jobs)
        ago(workers_valkey, 60)
        tasks.sample_pools()
    peak, seconds = rows(pool)[None]
    assert peak == 6
    assert seconds == pytest.approx(720, abs=60)


def test_two_at_once_count_for_no_more_time_than_has_passed(workers_valkey: redis.Redis) -> None:
    pool = a_pool()
    run(workers_valkey, pools.jobs_key(pool.pk), 5)
    tasks.sample_pools()
    assert rows(pool)[None] == (5, 0)
    tasks.sample_pools()
    assert rows(pool)[None][1] < 5 * 30


def test_a_pause_counts_for_two_minutes_at_most(workers_valkey: redis.Redis) -> None:
    pool = a_pool()
    run(workers_valkey, pools.jobs_key(pool.pk), 5)
    ago(workers_valkey, 4_000)
    tasks.sample_pools()
    assert rows(pool)[None] == (5, 600)


def test_each_hour_is_one_of_its_own_and_the_page_tells_of_it(workers_valkey: redis.Redis) -> None:
    reservation = a_reservation(units=2)
    pool = reservation.pool
    run(workers_valkey, own(reservation), 4)
    noon = datetime.now(UTC).replace(hour=12, minute=30)
    for at in (noon - HOUR, noon):
        ago(workers_valkey, 60)
        utilisation.sample(at=at)
    assert PoolHour.objects.filter(pool=pool).count() == 2
    last = use.hours([pool], at=noon, organization=reservation.organization)[-1]
    assert (last.reserved, last.dedicated) == (8, 4)
    assert last.seconds == pytest.approx(240, abs=20)


def test_where_nothing_runs_nothing_is_written(workers_valkey: redis.Redis) -> None:
    a_reservation()
    assert utilisation.sample(at=datetime.now(UTC)) == 0
    assert not PoolHour.objects.exists()


def test_a_store_that_is_away_is_looked_at_another_time(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    a_pool()
    monkeypatch.setattr(store, "patient", lambda: store.Store(f"unix://{tmp_path}/nothing.sock"))
    tasks.sample_pools()
    assert not PoolHour.objects.exists()
