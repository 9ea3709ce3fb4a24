"""The values of a chart as a table's rows: written here, since a loop of tags takes ten times as long."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from axis_admin.ui import tables
from axis_admin.ui.charts import axes
from axis_admin.ui.charts.shapes import Chart

COLUMN = "Day"


def value_rows(chart: Chart, rows: Sequence[Sequence[str]]) -> SafeString:
    """{% value_rows chart words.rows %}: a row a slot, its first text a link to what the slot opens, if anything."""
    column = chart.get("column") or COLUMN
    slots = zip(chart["points"], rows, strict=True)
    return axes.joined([_row(column, point.get("href"), *texts) for point, texts in slots])


def _row(column: str, href: str | None, slot: str, *values: str) -> SafeString:
    first = format_html('<a href="{}">{}</a>', href, slot) if href else conditional_escape(slot)
    rest = [tables.cell(conditional_escape(value), "", "num") for value in values]
    return tables.row(axes.joined([tables.cell(first, column), *rest]))
