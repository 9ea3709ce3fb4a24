"""The pools of the demo data."""

from datetime import datetime

import pytest

from orgs import tasks
from orgs.capacity import spans, timeline, use
from orgs.models import CapacityPool, PoolHour, Reservation
from tests.capacity import ledger

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]


def test_each_day_holds_what_its_reservations_sum_up_to(demo: str) -> None:
    for pool in CapacityPool.objects.all():
        assert all(kept == summed <= capacity for _, kept, capacity, summed in ledger(pool))


def test_one_pool_is_full_today_and_one_hold_waits(demo: str, begun: datetime) -> None:
    today = spans.day_of(begun)
    drawn = timeline.drawn(list(CapacityPool.objects.all()), timeline.window(today=today), at=begun)
    assert [one.pool.code for one in drawn if one.full(today)] == ["lisbon-a"]
    assert Reservation.objects.holds(at=begun).count() == 1
    assert Reservation.objects.filter(days__startswith__lt=today).count() == 6


def test_nothing_ran_beyond_what_was_reserved_or_before_it(demo: str, begun: datetime) -> None:
    pools = list(CapacityPool.objects.all())
    measured = use.hours(pools, at=begun)
    assert all(0 < each.dedicated <= each.reserved for each in measured)
    assert 0.3 < (use.busy(measured) or 0) < 1
    for row in PoolHour.objects.exclude(organization=None).select_related("organization"):
        assert row.organization.reservations.filter(days__contains=spans.day_of(row.hour)).exists()


def test_the_sweep_finds_nothing_to_begin_or_end(demo: str) -> None:
    before = list(Reservation.objects.values_list("pk", "state", "begun_at"))
    tasks.keep_reservations()
    assert list(Reservation.objects.values_list("pk", "state", "begun_at")) == before
