"""Calls that were refused because we had no room, though their limits would have let them in."""

from datetime import datetime

from django.db.models import Sum

from keys.models import DecisionHour
from keys.verdicts import Code
from orgs.models.organizations import OrganizationQuerySet


def refused_by_us(organizations: OrganizationQuerySet, since: datetime) -> int:
    """Calls of the organizations refused with CAPACITY_EXHAUSTED since then, by whole hours."""
    rows = DecisionHour.objects.filter(code=Code.CAPACITY_EXHAUSTED, hour__gte=since, organization__in=organizations)
    total: int | None = rows.aggregate(calls=Sum("calls"))["calls"]
    return total or 0
