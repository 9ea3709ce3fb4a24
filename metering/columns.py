"""What the list of organizations shows of their usage."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from keys.models import ApiKey
from metering import figures, usage, windows
from metering.figures import Line
from metering.models.rollups import UsageDayQuerySet
from metering.usage import Tally
from metering.windows import Window
from orgs.columns import Column
from orgs.models import Organization


def generations(organizations: Sequence[Organization]) -> Mapping[int, int]:
    """Count what each organization's live keys generated in the last 30 days."""
    rows = _rows(_last_days(), organizations)
    return {pk: tally.generations for pk, tally in usage.tallies(rows, "organization_id").items()}


def course(organizations: Sequence[Organization]) -> Mapping[int, list[int]]:
    """Count the same day by day."""
    window = _last_days()
    lines = [Line(organization, Tally()) for organization in organizations]
    figures.draw_course(lines, _rows(window, organizations), window, by="organization_id")
    return {line.of.pk: line.course for line in lines}


def _last_days() -> Window:
    return next(window for window in windows.recent(timezone.now()) if window.value == "30d")


def _rows(window: Window, organizations: Sequence[Organization]) -> UsageDayQuerySet:
    return window.rows(environment=ApiKey.Environment.LIVE).filter(organization__in=organizations)


COLUMNS = [Column("Generations, 30 days", "number", generations), Column("Day by day", "spark", course)]
