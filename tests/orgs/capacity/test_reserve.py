"""Reserve units of a pool, or hold them: what is kept, what is refused, and with which words."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event
from orgs import actions
from orgs.capacity.room import NoRoom
from orgs.models import Change, Reservation
from tests import factories
from tests.capacity import ACTOR, a_pool, a_reservation, in_days, is_sound, reserved

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def test_a_reservation_takes_its_units_on_each_of_its_days_and_on_no_other() -> None:
    pool = a_pool(capacity=32)
    reservation = a_reservation(pool, units=12, first=2, last=4)
    assert reserved(pool, 1, 2, 3, 4, 5) == [0, 12, 12, 12, 0]
    assert (reservation.state, reservation.span.first, reservation.span.last) == ("active", in_days(2), in_days(4))
    assert is_sound(pool)


def test_it_is_recorded_with_its_organization_and_what_was_reserved() -> None:
    reservation = a_reservation(units=12, contract_ref="C-7", reason="campaign", ticket="SUP-2")
    event = Event.objects.get(verb="reservation.made")
    assert event.organization == reservation.organization.uid
    assert event.changes["units"] == [None, 12]
    assert event.changes["contract_ref"] == [None, "C-7"]
    assert (event.reason, event.ticket) == ("campaign", "SUP-2")


def test_no_room_is_refused_with_the_days_and_two_ranges_that_fit() -> None:
    pool = a_pool(capacity=10)
    a_reservation(pool, units=10, first=2, last=3)
    with pytest.raises(NoRoom) as refused:
        a_reservation(pool, units=4, first=1, last=3)
    assert [one.bounds for one in refused.value.days] == [
        type(one)(in_days(2), in_days(3)).bounds for one in refused.value.days
    ]
    assert [(one.first, one.last) for one in refused.value.others] == [
        (in_days(4), in_days(6)),
        (in_days(7), in_days(9)),
    ]
    assert reserved(pool, 1, 2, 3, 4) == [0, 10, 10, 0]
    assert Reservation.objects.count() == 1


def test_what_is_left_can_be_had_to_the_last_unit() -> None:
    pool = a_pool(capacity=10)
    a_reservation(pool, units=6)
    a_reservation(pool, units=4)
    with pytest.raises(NoRoom):
        a_reservation(pool, units=1, first=9, last=9)
    assert is_sound(pool)


def test_a_hold_counts_and_says_until_when() -> None:
    pool = a_pool(capacity=10)
    hold = a_reservation(pool, units=10, hold_for=HOUR)
    assert hold.state == "hold"
    assert Event.objects.filter(verb="reservation.held", target_id=hold.uid).exists()
    with pytest.raises(NoRoom):
        a_reservation(pool, units=1)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("first", {"first": -1, "last": 3}),
        ("last", {"first": 3, "last": 2}),
        ("last", {"last": 1_200}),
        ("hold_until", {"hold_for": timedelta(days=31)}),
        ("hold_until", {"hold_for": -HOUR}),
        ("units", {"units": 0}),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(field: str, asked: dict[str, int]) -> None:
    with pytest.raises(ValidationError) as refused:
        a_reservation(**asked)  # type: ignore[arg-type]
    assert field in refused.value.message_dict or "a_reservation_has_units" in str(refused.value)
    assert not Reservation.objects.exists()


def test_a_closed_organization_and_a_version_outside_the_plan_get_no_room() -> None:
    with pytest.raises(ValidationError, match="is closed"):
        a_reservation(organization=factories.OrganizationFactory(status="closed"))
    of_v1 = factories.PlanVersionFactory(api_versions=["v1"])
    with pytest.raises(ValidationError, match="serves v2"):
        a_reservation(organization=factories.OrganizationFactory(plan_version=of_v1))


def test_gateways_are_told_of_reservations_and_not_of_holds() -> None:
    pool, organization = a_pool(), factories.OrganizationFactory()
    a_reservation(pool, organization=organization, hold_for=HOUR)
    assert not Change.objects.exists()
    # However far away: what a process remembers of the organization holds until it is told otherwise.
    reservation = a_reservation(pool, organization=organization, first=30, last=40)
    assert Change.objects.get().kind == "limits.changed"
    actions.extend_reservation(reservation=reservation, actor=ACTOR, last=in_days(50))
    actions.shorten_reservation(reservation=reservation, actor=ACTOR, last=in_days(45), reason="less")
    actions.cancel_reservation(reservation=reservation, actor=ACTOR, reason="none")
    assert Change.objects.count() == 4


def test_a_reservation_beyond_the_days_that_were_made_makes_its_own() -> None:
    pool = a_pool(capacity=7)
    a_reservation(pool, units=7, first=900, last=905)
    assert reserved(pool, 899, 900, 905) == [0, 7, 7]
    assert is_sound(pool)


def test_a_pool_without_the_day_refuses() -> None:
    pool = a_pool(opens_on=in_days(10))
    with pytest.raises(NoRoom, match="no unit is free"):
        a_reservation(pool, first=8, last=12)
    assert actions.reserve(
        organization=factories.OrganizationFactory(),
        pool=pool,
        actor=ACTOR,
        units=1,
        first=in_days(10),
        last=in_days(12),
    ).pk
