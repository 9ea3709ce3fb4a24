"""The rollup behind a usage page, row by row, for a spreadsheet."""

from collections.abc import Iterator

from audit import sheets
from metering.models.rollups import UsageDayQuerySet

HEADINGS = {
    "day": "Day (UTC)",
    "period__label": "Billing period",
    "key__name": "Key",
    "key__uid": "Key id",
    "environment": "Environment",
    "api_version": "API version",
    "outcome": "Outcome",
    "resolution": "Resolution",
    "service_tier": "Service tier",
    "generations": "Generations",
    "units": "Cost units",
}


def lines(rows: UsageDayQuerySet) -> Iterator[str]:
    """Yield the CSV's lines, the headings first; texts that would be formulas are told as texts."""
    found = rows.order_by("day", "key_id", "api_version", "outcome", "resolution", "service_tier", "period_id")
    return sheets.lines(HEADINGS.values(), found.values_list(*HEADINGS).iterator(chunk_size=2_000))
