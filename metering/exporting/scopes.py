"""Whose usage an export holds, and whether its owner may still have it."""

from metering.models import Export
from orgs import policy
from orgs.models import Organization, Staff
from orgs.policy import Permission

LOST = "You no longer see all of the organizations that it is about."


def of(person: Staff, organization: Organization | None) -> list[int] | None:
    """Return the primary keys of the organizations whose usage the person sees, within `organization`; None for all."""
    if organization is not None:
        return [organization.pk]
    sees = policy.scope(person, Permission.USAGE_SEE)
    if sees.everything:
        return None
    return sorted(Organization.objects.filter(sees.as_q()).values_list("pk", flat=True))


def still_holds(export: Export) -> bool:
    """Say whether its owner sees now whatever they saw when they asked for it."""
    # Read anew, with the roles of this moment.
    owner = Staff.objects.get(pk=export.owner_id)
    sees = policy.scope(owner, Permission.USAGE_SEE)
    if sees.everything or export.organizations is None:
        return sees.everything
    mine = Organization.objects.filter(sees.as_q(), pk__in=export.organizations)
    return owner.is_active and bool(export.organizations) and mine.count() == len(export.organizations)
