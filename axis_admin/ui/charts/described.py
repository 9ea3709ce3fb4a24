"""A chart in words: legend, tips and table come from the same points as the drawing."""

from __future__ import annotations

import math
from typing import TypedDict

from axis_admin.ui import words
from axis_admin.ui.charts.shapes import Chart, Point

USED, ATTAINED = "Busiest minute", "Attained"


class Described(TypedDict):
    """legend: items of ui/_legend.html. heads and rows: the table, texts only."""

    legend: list[dict[str, str]]
    heads: list[str]
    rows: list[list[str]]


def described(chart: Chart) -> Described:
    """{% described chart as words %}: what ui/_chart.html writes around the drawing."""
    names, total = _names(chart), _has_total(chart)
    if chart.get("kind") == "attainment":
        rows = [[point.get("title", point["x"]), attained(point)] for point in chart["points"]]
        return {"legend": legend(chart), "heads": [chart.get("column", "Day"), ATTAINED], "rows": rows}
    return {
        "legend": legend(chart),
        "heads": [chart.get("column", "Day"), *names, *(["Total"] if total else [])],
        "rows": [
            [point.get("title", point["x"]), *map(words.grouped, _values(chart, point))] for point in chart["points"]
        ],
    }


def legend(chart: Chart) -> list[dict[str, str]]:
    """The colours and lines of a chart with their names."""
    if chart.get("kind") == "limit":
        return [
            {"line": "line limit", "label": "Limit"},
            {"cls": "s1", "label": chart.get("used", USED)},
            {"cls": "refused", "label": "Refused (own scale)"},
        ]
    if chart.get("kind") == "attainment":
        return _of_attainment(chart)
    if given := chart.get("legend"):
        return given
    items = [{"cls": series["cls"], "label": series["label"]} for series in chart.get("series", [])]
    if ghost := chart.get("ghost"):
        items.append({"line": "ghost", "label": ghost})
    return items


def tip(chart: Chart, point: Point) -> str:
    """The lines that a slot tells, parted by "|"; bars in labels are spaced out, since they would part the lines."""
    if given := point.get("tip"):
        return given
    if chart.get("kind") == "attainment":
        return f"{point.get('title', point['x'])}|{ATTAINED}: {attained(point)}".replace("||", "|")
    names = [*_names(chart), *(["Total"] if _has_total(chart) else [])]
    lines = [f"{name}: {words.grouped(value)}" for name, value in zip(names, _values(chart, point), strict=True)]
    return "|".join(line.replace("|", "¦") for line in [point.get("title", point["x"]), *lines])


def attained(point: Point) -> str:
    """A percentage of an attainment, cut to three digits; a dash where nothing counted."""
    percent = point.get("percent")
    return words.NOTHING if percent is None else f"{math.floor(percent * 1000 + 1e-6) / 1000:.3f}%"


def _of_attainment(chart: Chart) -> list[dict[str, str]]:
    promised = chart.get("promised")
    if promised is None:
        return [{"cls": "s1", "label": "Missed"}]
    return [
        {"line": "line limit", "label": f"Promised, {promised:g}%"},
        {"cls": "s1", "label": "Missed, within the promise"},
        {"cls": "refused", "label": "Missed, more than that"},
    ]


def _names(chart: Chart) -> list[str]:
    if chart.get("kind") == "limit":
        return ["Limit", chart.get("used", USED), "Refused"]
    before = [chart["ghost"].capitalize()] if chart.get("ghost") else []
    return [*(series["label"] for series in chart.get("series", [])), *before]


def _has_total(chart: Chart) -> bool:
    return chart.get("kind") != "limit" and len(chart.get("series", [])) > 1


def _values(chart: Chart, point: Point) -> list[int | None]:
    if chart.get("kind") == "limit":
        return [point["limit"], point["used"], point["refused"]]
    before = [point.get("ghost")] if chart.get("ghost") else []
    total = [sum(point["v"])] if _has_total(chart) else []
    return [*point["v"], *before, *total]
