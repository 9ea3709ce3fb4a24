"""The rollup behind a usage page, row by row, for a spreadsheet."""

import csv
from collections.abc import Iterator
from typing import Any

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
# What a spreadsheet would take for the beginning of a formula; some take the full-width signs for the usual ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


class _Line:
    """What csv writes to: it hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def lines(rows: UsageDayQuerySet) -> Iterator[str]:
    """Yield the CSV's lines, the headings first; texts that would be formulas are told as texts."""
    writer = csv.writer(_Line())
    yield writer.writerow(HEADINGS.values())
    found = rows.order_by("day", "key_id", "api_version", "outcome", "resolution", "service_tier", "period_id")
    for values in found.values_list(*HEADINGS).iterator(chunk_size=2_000):
        yield writer.writerow([neutral(value) for value in values])


def neutral(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would run."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
