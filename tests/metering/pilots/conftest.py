"""A customer on trial who has everything that converting asks for."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit import trail
from keys import actions, criteria
from keys.models import KeySecret, Pilot
from keys.pilot_limits import Agreed
from orgs import actions as org_actions
from orgs import plans
from orgs.models import CapacityPool, Organization, Reservation
from tests.cast import ACTOR
from tests.factories import ContactFactory, SecretFactory

DAY = timedelta(days=1)


def on_trial(**fields: Any) -> Organization:
    """An organization with its contract, on the pilot plan and on trial."""
    return org_actions.create_organization(
        actor=trail.SYSTEM, name="Tessera", plan_version=plans.latest("pilot"), status="pilot", **fields
    )


@pytest.fixture
def pilot(db: None) -> Pilot:
    """A pilot that runs, with limits of its own, all contacts and the plan after it."""
    organization = on_trial(time_zone="Europe/Berlin")
    for kind in ("technical", "billing", "security"):
        ContactFactory(organization=organization, kind=kind, email=f"{kind}@tessera.example")
    started = actions.start_pilot(
        organization=organization,
        actor=ACTOR,
        agreed=Agreed(100, {"v2": 60}, 4),
        lines=criteria.read("10 generations\np95 under 12 s\nThe client is happy"),
        production_plan=plans.latest("standard"),
    )
    return Pilot.objects.select_related("organization", "production_plan__plan").get(pk=started.pk)


@pytest.fixture
def live(pilot: Pilot) -> KeySecret:
    """The secret of its live key."""
    return SecretFactory(key__organization=pilot.organization, key__name="prod")


@pytest.fixture
def held(pilot: Pilot) -> Reservation:
    """Two units that are held for it."""
    today = timezone.now().date()
    pool: CapacityPool = org_actions.create_pool(
        actor=ACTOR, code="eu-a", capacity=10, api_version="v2", region="eu", unit_name="card", jobs_per_unit=4,
        generations_per_minute_per_unit=6,
    )  # fmt: skip
    return org_actions.reserve(
        organization=pilot.organization, pool=pool, actor=ACTOR, units=2, first=today, last=today + 90 * DAY,
        hold_until=timezone.now() + 5 * DAY,
    )  # fmt: skip
