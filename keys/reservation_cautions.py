"""What an organization's pilot and its own limits say to a reservation."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from keys.limits.rules import LimitRule
from keys.models import Pilot
from orgs.models import Organization, Reservation


def cautions(reservation: Reservation, at: datetime) -> Iterator[str]:
    """Say that it begins after the pilot's end, and that fewer jobs may run than it is good for."""
    begins = datetime.combine(reservation.span.first, time(), tzinfo=UTC)
    organization = reservation.organization
    pilot = Pilot.objects.open().filter(organization=organization).first()
    if pilot and organization.status == Organization.Status.PILOT and begins >= pilot.ends_at:
        ends = f"{pilot.ends_at:%-d %b %Y, %H:%M} UTC"
        yield f"It begins after the pilot ends, {ends}: calls are refused then unless that is extended or converted."
    own = LimitRule.objects.filter(organization=organization, kind=LimitRule.Kind.CONCURRENCY, mode="block")
    holding = [one for one in own.at(max(at, begins)) if one.api_version in (None, reservation.pool.api_version)]
    limit = min((one.limit for one in holding), default=None)
    if limit is not None and limit < reservation.jobs:
        yield f"It is good for {reservation.jobs:,} running jobs, and the organization's own limit is {limit:,}."
