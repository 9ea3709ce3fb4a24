"""What a job does in somebody's name counts as theirs: with what they may do then, not when they asked for it."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied

from audit import trail
from orgs import policy
from orgs.models import Staff
from orgs.policy import Permission


def acting(actor: trail.Actor, *permissions: Permission, about: Any, refusal: str) -> trail.Actor:
    """Return who asked for a job with the roles of now. PermissionDenied, with that sentence, where one is missing."""
    person = Staff.objects.filter(uid=actor.id).first()
    if person is None or not all(policy.can(person, permission, about) for permission in permissions):
        raise PermissionDenied(refusal)
    return replace(actor, roles=tuple(person.role_labels))
