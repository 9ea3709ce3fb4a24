"""What the page of a reservation warns of: the end of a pilot, and a limit below it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from keys import actions
from keys.pilot_limits import Agreed
from orgs.capacity import cautions
from orgs.models import Organization, Staff
from tests.capacity import a_pool, a_reservation
from tests.cast import ACTOR
from tests.factories import OrganizationFactory, PlanVersionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial() -> Organization:
    """An organization whose pilot lasts thirty days and lets ten jobs run."""
    organization = OrganizationFactory(status="pilot", plan_version=PlanVersionFactory(plan__code="pilot"))
    agreed = Agreed(running_jobs=10)
    actions.start_pilot(organization=organization, actor=ACTOR, agreed=agreed, lines=[], length=timedelta(days=30))
    return organization


def _said(organization: Organization, **fields: Any) -> list[str]:
    return cautions.of(a_reservation(a_pool(), organization=organization, **fields), at=timezone.now())


def test_within_the_pilot_and_its_limit_there_is_nothing_to_say(trial: Organization) -> None:
    assert _said(trial, units=2, first=3, last=40) == []
    assert _said(OrganizationFactory(), units=20, first=60, last=70) == []


def test_what_begins_after_the_pilot_is_told(trial: Organization) -> None:
    [said] = _said(trial, units=20, first=31, last=40)
    assert said.startswith("It begins after the pilot ends")


def test_more_than_the_organization_s_own_limit_is_told(
    trial: Organization, administrator: Staff, browser_of: Any
) -> None:
    reservation = a_reservation(a_pool(), organization=trial, units=3, first=2, last=9)
    said = "It is good for 12 running jobs, and the organization&#x27;s own limit is 10."
    assert said in browser_of(administrator).get(f"/capacity/reservations/{reservation.uid}/").text
