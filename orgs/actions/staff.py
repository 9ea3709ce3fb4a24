"""Staff and their roles."""

import secrets
from datetime import datetime

from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from orgs.models import Organization, RoleAssignment, Staff
from orgs.policy import Role


@transaction.atomic
def create_staff(*, actor: trail.Actor, email: str, name: str = "", role: str = Role.VIEWER) -> tuple[Staff, str]:
    """Make a staff member with one role everywhere; returns the person and a password, which is stored nowhere."""
    person = Staff(email=email.strip().lower(), name=name.strip() or email.split("@")[0])
    password = one_time_password()
    person.set_password(password)
    person.full_clean()
    person.save(force_insert=True)
    trail.record(
        Verb.STAFF_CREATED,
        actor=actor,
        target=person.target,
        detail={"email": person.email},
    )
    grant_role(user=person, actor=actor, role=role)
    return person, password


@transaction.atomic
def reset_password(*, user: Staff, actor: trail.Actor) -> str:
    """Give the person a new password and end their sessions; returns the password, which is stored nowhere."""
    user = Staff.objects.select_for_update().get(pk=user.pk)
    password = one_time_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user)
    trail.record(
        Verb.STAFF_ACCESS_RESET,
        actor=actor,
        target=user.target,
        detail={"method": "one-time password"},
    )
    return password


@transaction.atomic
def grant_role(
    *,
    user: Staff,
    actor: trail.Actor,
    role: str,
    organization: Organization | None = None,
    expires_at: datetime | None = None,
    reason: str = "",
) -> RoleAssignment:
    """Give a person a role, everywhere or in one organization. Their sessions end, so that the next one knows it."""
    if role not in Role.values:
        raise ValidationError({"role": f"There is no role “{role}”. Roles: {', '.join(Role.values)}."})
    assignment = RoleAssignment(
        user=user,
        role=role,
        organization=organization,
        expires_at=expires_at,
        reason=reason,
    )
    assignment.full_clean()
    assignment.save(force_insert=True)
    _record(Verb.ROLE_GRANTED, assignment, actor=actor, reason=reason)
    return assignment


@transaction.atomic
def revoke_role(*, assignment: RoleAssignment, actor: trail.Actor, reason: str) -> None:
    """Take a role away from a person and end their sessions."""
    assignment = (
        RoleAssignment.objects.select_for_update(of=("self",))
        .select_related("user", "organization")
        .get(pk=assignment.pk)
    )
    _record(Verb.ROLE_REVOKED, assignment, actor=actor, reason=reason)
    assignment.delete()


def one_time_password() -> str:
    """Return a password of 120 random bits that a double click selects whole."""
    return secrets.token_hex(15)


def end_sessions(user: Staff) -> None:
    """End every session of the person, whatever browser it is in."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _record(verb: Verb, assignment: RoleAssignment, *, actor: trail.Actor, reason: str) -> None:
    end_sessions(assignment.user)
    organization = assignment.organization
    trail.record(
        verb,
        actor=actor,
        target=assignment.user.target,
        organization=organization.target if organization else None,
        detail={
            "role": assignment.get_role_display(),
            "scope": str(organization or "all organizations"),
        },
        reason=reason,
    )
