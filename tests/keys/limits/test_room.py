"""What each process knows of the pools: what nobody has reserved today, read anew now and then."""

from datetime import timedelta

from keys.limits import pools
from orgs import actions
from orgs.models import CapacityPool
from tests.capacity import ACTOR, a_pool, a_reservation, today


def _set(pool: CapacityPool, units: int) -> None:
    actions.set_capacity(pool=pool, actor=ACTOR, units=units, starts_on=today(), reason="hardware")


def test_pools_are_read_once_asked_for_and_anew_every_five_seconds(db: None) -> None:
    now = [100.0]
    known = pools.Pools(clock=lambda: now[0])
    pool = a_pool(capacity=0)
    # Nobody has asked: nothing is read, and nothing is old.
    known.reread()
    _set(pool, 2)
    assert [one.room for one in known.of("v2")] == [8]
    _set(pool, 1)
    for later, room in ((4.9, 8), (0.2, 4), (4.9, 4)):
        now[0] += later
        known.reread()
        assert [one.room for one in known.of("v2")] == [room]
    assert list(known.of("v1")) == []


def test_shared_is_what_nobody_has_reserved_today(db: None) -> None:
    pool = a_pool(capacity=10)
    a_reservation(pool, units=3)
    a_reservation(pool, units=4, first=1)
    a_reservation(pool, units=2, hold_for=timedelta(hours=1))
    assert [one.room for one in pools.Pools().of("v2")] == [20]
