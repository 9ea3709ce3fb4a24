"""The states of an organization and the ways between them."""

from django.db.models import TextChoices


class Status(TextChoices):
    DRAFT = "draft", "Draft"
    PILOT = "pilot", "Pilot"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    CLOSED = "closed", "Closed"


# Closed is final; a draft can only be opened or closed.
WAYS: dict[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.PILOT, Status.ACTIVE, Status.CLOSED}),
    Status.PILOT: frozenset({Status.ACTIVE, Status.SUSPENDED, Status.CLOSED}),
    Status.ACTIVE: frozenset({Status.SUSPENDED, Status.CLOSED}),
    Status.SUSPENDED: frozenset({Status.PILOT, Status.ACTIVE, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}
HOLDS_KEYS = frozenset({Status.PILOT, Status.ACTIVE, Status.SUSPENDED})


# From which states each step that people take leads on.
STEPS: dict[str, frozenset[str]] = {
    "activate": frozenset({Status.DRAFT}),
    "suspend": frozenset({Status.PILOT, Status.ACTIVE}),
    "reinstate": frozenset({Status.SUSPENDED}),
    "close": frozenset({Status.DRAFT, Status.PILOT, Status.ACTIVE, Status.SUSPENDED}),
}


def may_step(status: str, step: str) -> bool:
    """Say whether the step makes sense for an organization in this state."""
    return status in STEPS[step]


def may_become(before: str, after: str) -> bool:
    """Say whether an organization may go from one status to the other."""
    return after in WAYS[before]
