"""What was refused by our capacity, and by no customer's limit. An upper app counts it; here it stands in figures."""

from collections.abc import Callable
from datetime import datetime, timedelta

from orgs.models.organizations import OrganizationQuerySet

LATELY = timedelta(days=7)
# The calls of the organizations refused since then.
Count = Callable[[OrganizationQuerySet, datetime], int]

_counts: list[Count] = []


def register(count: Count) -> None:
    """Count what `count` knows of. Called by an AppConfig, once."""
    if count not in _counts:
        _counts.append(count)


def lately(organizations: OrganizationQuerySet, *, at: datetime) -> int:
    """Calls of the organizations that our capacity has refused in the last seven days."""
    return sum(count(organizations, at - LATELY) for count in _counts)
