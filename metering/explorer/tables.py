"""The rollup behind a filter, row by row, for a file: it adds up to what the page shows."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from metering.explorer import grains, sources
from metering.explorer.query import Filter
from metering.models import Generation

COLUMNS = {
    "organization__name": "Organization",
    "organization__uid": "Organization id",
    "period__label": "Billing period",
    "original_period__label": "Late, of billing period",
    "key__name": "Key",
    "key__uid": "Key id",
    "environment": "Environment",
    "api_version": "API version",
    "outcome": "Outcome",
    "failure_cause": "Failure cause",
    "resolution": "Resolution",
    "aspect_ratio": "Aspect ratio",
    "service_tier": "Service tier",
}
SUMS = ("Generations", "Cost units")
AT_ONCE = 2_000
# What failed costs nothing, whatever the gateway says that it would have cost.
_UNITS = Coalesce(Sum("units", filter=Q(outcome=Generation.Outcome.SUCCEEDED)), 0)


def headings(asked: Filter) -> list[str]:
    """Return the names of the columns; the first says in which zone its times are."""
    return [f"{asked.grain.capitalize()} ({asked.zone})", *COLUMNS.values(), *SUMS]


def rows(asked: Filter) -> Iterator[Sequence[Any]]:
    """Yield a row for each bar and everything that is told apart in it, under `headings`; texts and whole numbers."""
    for part in sources.counted(asked):
        found = part.rows.order_by().annotate(slot=sources.slot_of(asked, part.rows))
        grouped = found.values_list("slot", *COLUMNS).annotate(counted=Sum("generations"), summed=_UNITS)
        try:
            for slot, *rest in grouped.order_by("slot", *COLUMNS).iterator(chunk_size=AT_ONCE):
                yield [_written(asked, slot), *("" if value is None else value for value in rest)]
        except EmptyResultSet:
            continue


def _written(asked: Filter, slot: date | datetime) -> str:
    if isinstance(slot, datetime):
        local = slot.astimezone(asked.zone)
        return f"{local:%Y-%m-%d %H:%M}" if asked.grain == grains.HOUR else f"{local:%Y-%m}"
    return f"{slot:%Y-%m}" if asked.grain == grains.MONTH else f"{slot:%Y-%m-%d}"
