"""Pools: what they hold from a day on, who is in the way of less, and what nobody can write by hand."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from audit.models import Event
from orgs import actions, tasks
from orgs.actions import capacity
from orgs.actions.capacity import HourUse, InTheWay
from orgs.models import CapacityPool, Change, PoolDay, PoolHour, Reservation
from tests.capacity import ACTOR, a_pool, a_reservation, in_days, is_sound, ledger, reserved
from tests.factories import OrganizationFactory, record_fixture

WHY = {"actor": ACTOR, "reason": "two machines more"}
INSERT = (
    "INSERT INTO orgs_reservation"
    " (uid, organization_id, pool_id, units, days, state, overflow, contract_ref, created_at)"
    " SELECT 'rsv_raw', organization_id, pool_id, 1, days, 'active', 'shared', '', now()"
    " FROM orgs_reservation WHERE state = 'active'"
)
pytestmark = pytest.mark.django_db


def _holds(pool: CapacityPool, *ahead: int) -> list[int]:
    rows = dict(PoolDay.objects.filter(pool=pool).values_list("day", "capacity"))
    return [rows[in_days(one)] for one in ahead]


def _recorded(statement: str, *names: str) -> None:
    record_fixture(*names)
    connection.cursor().execute(statement)


def test_a_pool_has_days_as_far_as_pages_look_and_the_sweep_adds_to_them() -> None:
    pool = a_pool(capacity=32)
    assert _holds(pool, 0, 400) == [32, 32]
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        tasks.make_pool_days()
        tasks.make_pool_days()
        assert _holds(pool, 399, 400) == [32, 32]
    assert PoolDay.objects.filter(pool=pool).count() == 403


def test_a_code_is_taken_once_and_a_unit_is_worth_something() -> None:
    a_pool("lisbon-a")
    for wrong in ({"code": "lisbon-a"}, {"jobs_per_unit": 0}, {"capacity": -1}, {"code": "Not a code"}):
        with pytest.raises(ValidationError):
            a_pool(**wrong)  # type: ignore[arg-type]


def test_more_can_be_held_from_a_day_on() -> None:
    pool = a_pool(capacity=32)
    actions.set_capacity(pool=pool, units=40, starts_on=in_days(3), **WHY)
    assert _holds(pool, 2, 3, 400) == [32, 40, 40]
    event = Event.objects.get(verb="pool.capacity_set")
    assert event.changes["capacity"] == [32, 40]
    assert event.detail["starts_on"] == str(in_days(3))


def test_less_is_refused_with_the_reservations_in_the_way() -> None:
    pool = a_pool(capacity=32)
    in_the_way = a_reservation(pool, units=20, first=4, last=6)
    a_reservation(pool, units=8, first=8, last=9)
    with pytest.raises(InTheWay) as refused:
        actions.set_capacity(pool=pool, units=16, starts_on=in_days(2), **WHY)
    assert refused.value.reservations == [in_the_way]
    assert _holds(pool, 2, 5) == [32, 32]
    actions.set_capacity(pool=pool, units=16, starts_on=in_days(7), **WHY)
    assert _holds(pool, 6, 7) == [32, 16]


def test_what_it_held_on_days_that_have_passed_stays() -> None:
    pool = a_pool(opens_on=in_days(-5))
    with pytest.raises(ValidationError):
        actions.set_capacity(pool=pool, units=40, starts_on=in_days(-1), **WHY)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT orgs_set_pool_capacity(%s, %s, 40)", [pool.pk, in_days(-1)])


def test_what_a_unit_is_can_change_and_those_who_have_some_are_told() -> None:
    pool = a_pool()
    has_some, has_none = a_reservation(pool, first=30, last=40).organization, OrganizationFactory()
    told = Change.objects.count()
    actions.change_pool(pool=pool, actor=ACTOR, values={"jobs_per_unit": 6})
    assert Event.objects.get(verb="pool.changed").changes == {"jobs_per_unit": [4, 6]}
    assert [change.organization for change in Change.objects.all()[told:]] == [has_some]
    assert has_none.version == 1
    actions.change_pool(pool=pool, actor=ACTOR, values={"jobs_per_unit": 6})
    assert Event.objects.filter(verb="pool.changed").count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orgs_poolday SET reserved = 0",
        "UPDATE orgs_poolday SET capacity = 1000",
        "DELETE FROM orgs_poolday",
        "INSERT INTO orgs_poolday (pool_id, day, capacity, reserved) VALUES (1, '2020-01-01', 9, 0)",
        "DELETE FROM orgs_reservation",
        "DELETE FROM orgs_capacitypool",
    ],
)
def test_the_application_cannot_write_the_days_nor_delete(statement: str) -> None:
    a_reservation()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orgs_reservation SET units = 11",
        "UPDATE orgs_reservation SET released_on = NULL, state = 'active'",
        INSERT,
    ],
)
def test_no_statement_reserves_more_than_there_is(statement: str) -> None:
    pool = a_pool(capacity=10)
    actions.cancel_reservation(reservation=a_reservation(pool, units=10), **WHY)
    held = a_reservation(pool, units=10)
    with pytest.raises(IntegrityError, match="no_more_is_reserved_than_there_is"), transaction.atomic():
        _recorded(statement, "rsv_raw", held.uid)
    assert is_sound(pool)
    assert max(kept for _, kept, _, _ in ledger(pool)) == 10


@pytest.mark.parametrize(
    "change",
    [
        lambda: CapacityPool.objects.update(region="elsewhere"),
        lambda: Reservation.objects.update(units=1),
        lambda: connection.cursor().execute(
            "SELECT orgs_set_pool_capacity(id, (now() AT TIME ZONE 'UTC')::date, 50) FROM orgs_capacitypool"
        ),
    ],
)
def test_nothing_changes_without_an_event(change: object) -> None:
    a_reservation()
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        change()  # type: ignore[operator]


def test_units_moved_by_hand_to_another_pool_leave_the_first() -> None:
    one, other = a_pool(), a_pool()
    moved = a_reservation(one, units=5, last=2)
    with transaction.atomic():
        Reservation.objects.filter(pk=moved.pk).update(pool=other, units=6)
        record_fixture(moved.uid)
    assert (reserved(one, 0, 2), reserved(other, 0, 2, 3)) == ([0, 0], [6, 6, 0])


def test_what_ran_is_kept_by_hour_with_the_highest_peak() -> None:
    reservation = a_reservation()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    pool, organization = reservation.pool.pk, reservation.organization.pk
    capacity.note_utilisation([HourUse(pool, organization, hour, 7, 300), HourUse(pool, None, hour, 2, 20)])
    capacity.note_utilisation([HourUse(pool, organization, hour, 5, 100), HourUse(pool, organization, hour, 9, 1)])
    capacity.note_utilisation([])
    kept = {row.organization_id: (row.peak_jobs, row.job_seconds) for row in PoolHour.objects.all()}
    assert kept == {organization: (9, 401), None: (2, 20)}
