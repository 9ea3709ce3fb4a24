"""Confirm, extend, shorten and cancel: the units go where they belong, and the clock decides what is over."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import trail
from audit.models import Event
from orgs import actions, tasks
from orgs.capacity import days
from orgs.capacity.room import NoRoom
from orgs.models import Change
from tests.capacity import ACTOR, a_pool, a_reservation, in_days, is_sound, reserved
from tests.factories import OrganizationFactory

HOUR = timedelta(hours=1)
WHY = {"actor": ACTOR, "reason": "the campaign moved"}
pytestmark = pytest.mark.django_db


def test_a_hold_that_is_confirmed_is_a_reservation() -> None:
    hold = a_reservation(hold_for=HOUR)
    confirmed = actions.confirm_hold(reservation=hold, actor=ACTOR)
    assert (confirmed.state, confirmed.hold_expires_at) == ("active", None)
    assert Change.objects.get().kind == "limits.changed"
    with pytest.raises(ValidationError, match="not a hold"):
        actions.confirm_hold(reservation=hold, actor=ACTOR)


def test_a_hold_that_has_run_out_cannot_be_confirmed_though_no_sweep_has_seen_it() -> None:
    hold = a_reservation(hold_for=HOUR)
    with time_machine.travel(timezone.now() + 2 * HOUR), pytest.raises(ValidationError, match="run out"):
        actions.confirm_hold(reservation=hold, actor=ACTOR)


def test_a_hold_that_has_run_out_makes_room_at_once() -> None:
    pool = a_pool(capacity=10)
    hold = a_reservation(pool, units=10, hold_for=HOUR)
    with time_machine.travel(timezone.now() + 2 * HOUR):
        assert {day.reserved for day in days.of_pool(pool, hold.span, at=timezone.now())} == {0}
        a_reservation(pool, units=10)
        assert is_sound(pool)
    hold.refresh_from_db()
    assert hold.state == "ended"
    assert Event.objects.get(verb="reservation.lapsed").actor_type == "system"


def test_extending_takes_the_added_days_and_no_unit_twice() -> None:
    pool = a_pool(capacity=10)
    reservation = a_reservation(pool, units=6, last=3)
    actions.extend_reservation(reservation=reservation, actor=ACTOR, last=in_days(5))
    assert reserved(pool, 0, 3, 4, 5, 6) == [6, 6, 6, 6, 0]
    assert Event.objects.get(verb="reservation.extended").changes["last"] == [str(in_days(3)), str(in_days(5))]


def test_extending_into_full_days_says_how_long_it_can_last() -> None:
    pool = a_pool(capacity=10)
    reservation = a_reservation(pool, units=6, last=3)
    a_reservation(pool, units=5, first=6, last=8)
    with pytest.raises(NoRoom) as refused:
        actions.extend_reservation(reservation=reservation, actor=ACTOR, last=in_days(7))
    assert refused.value.others[0].last == in_days(5)
    assert reserved(pool, 3, 4, 6) == [6, 0, 5]


def test_shortening_gives_the_later_days_back() -> None:
    pool = a_pool()
    reservation = a_reservation(pool, units=6, last=9)
    actions.shorten_reservation(reservation=reservation, last=in_days(4), **WHY)
    assert reserved(pool, 0, 4, 5, 9) == [6, 6, 0, 0]
    for last in (in_days(4), in_days(-1)):
        with pytest.raises(ValidationError):
            actions.shorten_reservation(reservation=reservation, last=last, **WHY)


def test_cancelling_gives_back_from_today_on_and_leaves_the_past_as_it_was() -> None:
    pool = a_pool()
    reservation = a_reservation(pool, units=6, last=9)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        actions.cancel_reservation(reservation=reservation, **WHY)
        assert reserved(pool, -3, -1, 0, 6) == [6, 6, 0, 0]
        with pytest.raises(ValidationError, match="is cancelled"):
            actions.cancel_reservation(reservation=reservation, **WHY)
        assert is_sound(pool)


def test_one_that_is_cancelled_before_it_began_never_was() -> None:
    pool = a_pool()
    actions.cancel_reservation(reservation=a_reservation(pool, first=3), **WHY)
    assert set(reserved(pool, *range(12))) == {0}


@pytest.mark.parametrize("change", [actions.cancel_reservation, actions.shorten_reservation])
def test_taking_away_needs_a_reason(change: object) -> None:
    reservation = a_reservation(last=9)
    last = {"last": in_days(3)} if change is actions.shorten_reservation else {}
    with pytest.raises(trail.ReasonRequired):
        change(reservation=reservation, actor=ACTOR, reason="", **last)  # type: ignore[operator]
    assert reserved(reservation.pool, 9) == [8]


def test_a_beginning_and_an_end_are_recorded_once_by_the_sweep() -> None:
    pool = a_pool()
    reservation = a_reservation(pool, first=1, last=2)
    tasks.keep_reservations()
    assert not Event.objects.filter(verb="reservation.began").exists()
    for later in (1, 1, 3, 3):
        with time_machine.travel(timezone.now() + timedelta(days=later)):
            tasks.keep_reservations()
    began, ended = (Event.objects.get(verb=f"reservation.{what}") for what in ("began", "ended"))
    assert (began.actor_type, ended.actor_type, ended.target_id) == ("system", "system", reservation.uid)
    # What it had stays in the ledger of days.
    assert reserved(pool, 0, 1, 2, 3) == [0, 8, 8, 0]
    assert is_sound(pool)


def test_the_sweep_ends_holds_that_ran_out() -> None:
    pool = a_pool()
    a_reservation(pool, hold_for=HOUR)
    with time_machine.travel(timezone.now() + 2 * HOUR):
        tasks.keep_reservations()
        assert set(reserved(pool, *range(10))) == {0}


def test_its_state_is_the_clock_s_whoever_has_written_it_down() -> None:
    hold, reservation = a_reservation(hold_for=HOUR), a_reservation(last=2)
    assert (hold.state_at(timezone.now()), reservation.state_at(timezone.now())) == ("hold", "active")
    assert hold.state_at(timezone.now() + 2 * HOUR) == "ended"
    assert reservation.state_at(timezone.now() + timedelta(days=3)) == "ended"


def test_one_organization_may_have_several_at_once() -> None:
    pool, organization = a_pool(capacity=20), OrganizationFactory()
    for _ in range(2):
        a_reservation(pool, organization=organization, units=10)
    assert reserved(pool, 0) == [20]
