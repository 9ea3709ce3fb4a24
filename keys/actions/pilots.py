"""Start a pilot."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import pilots
from keys.models import Pilot
from orgs.models import Organization


@transaction.atomic
def start_pilot(
    *,
    organization: Organization,
    actor: trail.Actor,
    starts_at: datetime | None = None,
    length: timedelta = pilots.USUAL_LENGTH,
    generation_cap: int | None = None,
) -> Pilot:
    """Give the organization its pilot: from `starts_at` (now) for `length`, without a cap unless one is given."""
    starts_at = starts_at or timezone.now()
    pilot = Pilot(
        organization=organization,
        starts_at=starts_at,
        ends_at=starts_at + length,
        generation_cap=generation_cap,
    )
    pilot.full_clean()
    pilot.save(force_insert=True)
    trail.record(
        Verb.PILOT_STARTED,
        actor=actor,
        target=pilot.target,
        organization=organization.target,
        changes={
            "starts_at": [None, f"{pilot.starts_at:%Y-%m-%dT%H:%M:%SZ}"],
            "ends_at": [None, f"{pilot.ends_at:%Y-%m-%dT%H:%M:%SZ}"],
            "generation_cap": [None, generation_cap],
        },
    )
    return pilot


def start_pilot_on_activation(*, organization: Organization, actor: trail.Actor) -> None:
    """Begin the pilot of an organization that was activated on the pilot plan."""
    if organization.status == Organization.Status.PILOT:
        start_pilot(organization=organization, actor=actor)
