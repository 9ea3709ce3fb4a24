"""What stands in the way of converting a pilot."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from keys import actions
from keys.models import KeySecret, Pilot
from keys.pilot_limits import Agreed
from metering import readiness
from metering.blockers import Facts, blockers, said
from orgs import actions as org_actions
from orgs.models import Contact, Reservation
from tests.cast import ACTOR
from tests.factories import SecretFactory

NOW, DAY = datetime(2026, 11, 22, 12, tzinfo=UTC), timedelta(days=1)
READY = {
    "at": NOW,
    "state": "active",
    "starts_at": NOW - 20 * DAY,
    "ends_at": NOW + 10 * DAY,
    "status": "pilot",
    "plan": "Standard, version 1",
    "contacts": frozenset(Contact.Kind.values),
}


def test_nothing_stands_in_the_way_where_everything_is_there() -> None:
    assert blockers(Facts(**READY)) == []


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"state": "draft"}, ["not_begun"]),
        ({"starts_at": NOW + DAY}, ["not_begun"]),
        ({"state": "cancelled"}, ["cancelled"]),
        ({"state": "expired"}, ["ended"]),
        ({"ends_at": NOW}, ["ended"]),
        ({"status": "suspended"}, ["suspended"]),
        ({"status": "active", "state": "converted"}, ["not_on_trial"]),
        ({"plan": None}, ["no_plan"]),
        ({"has_contract": False}, ["no_contract"]),
        ({"contacts": frozenset()}, ["no_billing", "no_security"]),
        ({"contacts": frozenset({"billing"})}, ["no_security"]),
        ({"lapsed_holds": ("2 units in eu-a",)}, ["hold_expired"]),
        ({"expiring_keys": ("prod",), "foreign_keys": ("lab",)}, ["key_expires", "key_version"]),
    ],
)
def test_each_thing_that_is_missing_is_said(fields: dict[str, object], codes: list[str]) -> None:
    found = blockers(Facts(**{**READY, **fields}))  # type: ignore[arg-type]
    assert [blocker.code for blocker in found] == codes
    assert said(found)


def codes(pilot: Pilot) -> list[str]:
    fresh = Pilot.objects.select_related("organization", "production_plan__plan").get(pk=pilot.pk)
    return [blocker.code for blocker in readiness.in_the_way(fresh, at=timezone.now())]


def test_the_rule_is_asked_about_what_is_in_the_database(pilot: Pilot, live: KeySecret) -> None:
    assert codes(pilot) == []
    for contact in pilot.organization.contacts.exclude(kind="technical"):
        org_actions.remove_contact(contact=contact, actor=ACTOR)
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=Agreed(), lines=[], production_plan=None)
    assert codes(pilot) == ["no_plan", "no_billing", "no_security"]


def test_a_key_that_stops_with_the_pilot_is_in_the_way_and_a_test_key_is_not(pilot: Pilot) -> None:
    of = {"key__organization": pilot.organization, "key__expires_at": pilot.ends_at + timedelta(hours=3)}
    SecretFactory(key__environment="test", key__name="lab", **of)
    assert codes(pilot) == []
    SecretFactory(key__name="prod", **of)
    assert codes(pilot) == ["key_expires"]


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (-9 * DAY, "expires before the pilot ends"),
        (timedelta(hours=-3), "expires with the pilot"),
        (timedelta(0), "expires with the pilot"),
    ],
)
def test_a_key_expires_with_the_pilot_or_before_it(pilot: Pilot, ahead: timedelta, said: str) -> None:
    SecretFactory(key__name="prod", key__organization=pilot.organization, key__expires_at=pilot.ends_at + ahead)
    [blocker] = readiness.in_the_way(pilot, at=timezone.now())
    assert blocker.title == f"Key prod {said}"


def test_a_hold_that_has_run_out_is_in_the_way_until_it_is_reserved_anew(pilot: Pilot, held: Reservation) -> None:
    assert codes(pilot) == []
    with time_machine.travel(timezone.now() + 6 * DAY, tick=False):
        assert codes(pilot) == ["hold_expired"]
        today = timezone.now().date()
        org_actions.reserve(
            organization=pilot.organization, pool=held.pool, actor=ACTOR, units=1, first=today, last=today + 9 * DAY
        )
        assert codes(pilot) == []
