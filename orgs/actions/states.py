"""The life of an organization: activate, suspend, reinstate, close."""

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from orgs import changes, lifecycle, notices, openings, plans
from orgs.actions.organizations import lock_organization, now_in
from orgs.models import Notice, Organization


@transaction.atomic
def activate_organization(
    *,
    organization: Organization,
    actor: trail.Actor,
    reason: str = "",
    ticket: str = "",
) -> Organization:
    """Open a draft for business; one on the pilot plan becomes a pilot from now."""
    organization = lock_organization(organization)
    if organization.status != lifecycle.Status.DRAFT:
        raise ValidationError(f"{organization} is {organization.get_status_display().lower()}, not a draft.")
    status = lifecycle.Status.PILOT if organization.plan.code == plans.PILOT else lifecycle.Status.ACTIVE
    _move(
        organization,
        status,
        Verb.ORGANIZATION_ACTIVATED,
        actor=actor,
        reason=reason,
        ticket=ticket,
    )
    openings.run_activation(organization=organization, actor=actor)
    changes.announce(organization=organization, kind="organization.changed")
    return organization


@transaction.atomic
def suspend_organization(
    *, organization: Organization, actor: trail.Actor, reason: str, ticket: str = ""
) -> Organization:
    """Refuse every call of the organization until it is reinstated; its keys stay as they are."""
    organization = lock_organization(organization)
    _move(
        organization,
        lifecycle.Status.SUSPENDED,
        Verb.ORGANIZATION_SUSPENDED,
        actor=actor,
        reason=reason,
        ticket=ticket,
    )
    _tell(organization, "organization_suspended")
    changes.announce(organization=organization, kind="organization.changed")
    return organization


@transaction.atomic
def reinstate_organization(
    *, organization: Organization, actor: trail.Actor, reason: str, ticket: str = ""
) -> Organization:
    """Let a suspended organization call again, in the status that it had before."""
    organization = lock_organization(organization)
    if organization.status != lifecycle.Status.SUSPENDED:
        raise ValidationError(f"{organization} is {organization.get_status_display().lower()}, not suspended.")
    before = lifecycle.Status(organization.status_before or lifecycle.Status.ACTIVE)
    _move(
        organization,
        before,
        Verb.ORGANIZATION_REINSTATED,
        actor=actor,
        reason=reason,
        ticket=ticket,
    )
    _tell(organization, "organization_reinstated")
    changes.announce(organization=organization, kind="organization.changed")
    return organization


@transaction.atomic
def close_organization(
    *, organization: Organization, actor: trail.Actor, reason: str, ticket: str = ""
) -> Organization:
    """Close the organization for good: every call is refused from now on, and nothing reopens it."""
    organization = lock_organization(organization)
    _move(
        organization,
        lifecycle.Status.CLOSED,
        Verb.ORGANIZATION_CLOSED,
        actor=actor,
        reason=reason,
        ticket=ticket,
    )
    changes.announce(organization=organization, kind="organization.changed")
    return organization


def _move(
    organization: Organization,
    status: lifecycle.Status,
    verb: Verb,
    *,
    actor: trail.Actor,
    reason: str,
    ticket: str,
) -> None:
    before = organization.status
    now_in(organization, status)
    trail.record(
        verb,
        actor=actor,
        target=organization.target,
        organization=organization.target,
        changes={"status": [before, status.value]},
        reason=reason,
        ticket=ticket,
    )


def _tell(organization: Organization, letter: str) -> None:
    notices.tell(
        organization=organization,
        kind=Notice.Kind.ORGANIZATION_SUSPENDED,
        about=f"{organization.uid}/{letter}/{organization.version}",
        facts={"at": notices.moment(organization.status_since, organization)},
        letter=letter,
    )
