"""Stacked bars, with an optional comparison above each."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from axis_admin.ui.charts import axes, described
from axis_admin.ui.charts.shapes import Chart, Point

HEIGHTS = {"short": 150, "tall": 270}


def stacked_bars(chart: Chart) -> SafeString:
    """{% stacked_bars chart %}: a bar a slot, the first series at the bottom."""
    points, height = chart["points"], HEIGHTS.get(chart.get("size", ""), 220)
    if not points:
        return axes.drawing([])
    top = chart.get("top") or axes.nice_top(max(max(sum(p["v"]), p.get("ghost") or 0) for p in points))
    slots = [_slot(chart, i, point, top, height) for i, point in enumerate(points)]
    below = axes.labels(points, height, chart.get("every"), chart.get("offset", 0))
    above = axes.marks(chart.get("marks") or [], len(points), height)
    return axes.drawing([*axes.grid(top, height), *slots, *below, *above])


def _slot(chart: Chart, i: int, point: Point, top: float, height: int) -> SafeString:
    slot = 100 / len(chart["points"])
    parts, y = [axes.hit(i, len(chart["points"]), height)], float(height)
    for series, value in zip(chart.get("series", []), point["v"], strict=True):
        bar = height * value / top
        if bar < 0.5:
            continue
        y -= bar
        parts.append(_bar(series["cls"], i * slot + slot * 0.16, slot * 0.68, y, bar))
    if ghost := point.get("ghost"):
        parts.append(_ghost(i * slot + slot * 0.08, slot * 0.84, height - height * ghost / top))
    return axes.point(described.tip(chart, point), *_opening(point, parts))


def _opening(point: Point, parts: list[SafeString]) -> list[SafeString]:
    """A bar that opens something is a link for the pointer; keyboard and readers have it in the table below."""
    if not (href := point.get("href")):
        return parts
    return [format_html('<a href="{}" tabindex="-1">{}</a>', href, axes.joined(parts))]


def _bar(css: str, x: float, width: float, y: float, bar: float) -> SafeString:
    # One pixel stays free between two colours, so that they part without their hue.
    return format_html(
        '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}"/>',
        css,
        f"{x:.3f}",
        f"{width:.3f}",
        f"{y:.1f}",
        f"{max(bar - 1, 0.5):.1f}",
    )


def _ghost(x: float, width: float, y: float) -> SafeString:
    return format_html(
        '<line class="ghost" x1="{}%" x2="{}%" y1="{}" y2="{}"/>',
        f"{x:.3f}",
        f"{x + width:.3f}",
        f"{y:.1f}",
        f"{y:.1f}",
    )
