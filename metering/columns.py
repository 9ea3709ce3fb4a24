"""What the list of organizations shows of their usage."""

from collections.abc import Mapping, Sequence

from django.db.models import Sum
from django.utils import timezone

from keys.models import ApiKey
from metering import usage, windows
from metering.models import Generation
from metering.models.rollups import UsageDayQuerySet
from orgs.columns import Column
from orgs.models import Organization


def generations(organizations: Sequence[Organization]) -> Mapping[int, int]:
    """Count what each organization's live keys generated in the last 30 days."""
    rows = _rows(organizations)
    return {pk: tally.generations for pk, tally in usage.tallies(rows, "organization_id").items()}


def course(organizations: Sequence[Organization]) -> Mapping[int, list[int]]:
    """Count the same day by day."""
    days = windows.last_30_days(timezone.now()).days
    courses = {organization.pk: dict.fromkeys(days, 0) for organization in organizations}
    rows = _rows(organizations).filter(outcome=Generation.Outcome.SUCCEEDED).order_by()
    for pk, day, counted in rows.values_list("organization_id", "day").annotate(Sum("generations")):
        courses[pk][day] = counted
    return {pk: list(by_day.values()) for pk, by_day in courses.items()}


def _rows(organizations: Sequence[Organization]) -> UsageDayQuerySet:
    window = windows.last_30_days(timezone.now())
    return window.rows(environment=ApiKey.Environment.LIVE).filter(organization__in=organizations)


COLUMNS = [Column("Generations, 30 days", "number", generations), Column("Day by day", "spark", course)]
