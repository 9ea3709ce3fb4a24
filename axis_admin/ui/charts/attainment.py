"""What was missed of 100 %, a slot a day: bars hang from the top, the promise is a line, and nothing is cut off."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from axis_admin.ui.charts import axes, described
from axis_admin.ui.charts.shapes import Chart, Point

HEIGHT = 150
WHOLE = 100.0
# How far below 100 % the axis may begin; each divides into four round ticks.
DEPTHS = (0.04, 0.2, 0.4, 1, 2, 4, 10, 20, 40, 100)


def attainment(chart: Chart) -> SafeString:
    """{% attainment chart %}: points with percent, None where nothing counted; promised is the line."""
    points = chart["points"]
    if not points:
        return axes.drawing([])
    promised, depth = chart.get("promised"), _depth(chart)
    slots = [_slot(chart, i, point, depth) for i, point in enumerate(points)]
    line = [_promise(promised, depth)] if promised is not None else []
    below = axes.labels(points, HEIGHT, chart.get("every"), chart.get("offset", 0))
    return axes.drawing([*_grid(depth), *slots, *line, *below])


def _depth(chart: Chart) -> float:
    values = [each for each in (*(point.get("percent") for point in chart["points"]), chart.get("promised")) if each]
    deepest = WHOLE - min(values, default=WHOLE)
    return next(depth for depth in DEPTHS if depth >= deepest or depth == DEPTHS[-1])


def _grid(depth: float) -> Sequence[SafeString]:
    out = []
    for i in range(axes.TICKS + 1):
        y, value = HEIGHT * i / axes.TICKS, WHOLE - depth * i / axes.TICKS
        css = "baseline" if i == 0 else "gridline"
        out.append(format_html('<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>', css, f"{y:.1f}", f"{y:.1f}"))
        text = f"{value:.2f}".rstrip("0").rstrip(".") + "%"
        out.append(format_html('<text class="tick" x="-8" y="{}" text-anchor="end">{}</text>', f"{y + 4:.1f}", text))
    return out


def _slot(chart: Chart, i: int, point: Point, depth: float) -> SafeString:
    count, percent, promised = len(chart["points"]), point.get("percent"), chart.get("promised")
    parts = [axes.hit(i, count, HEIGHT)]
    if percent is not None and percent < WHOLE:
        # Two pixels at least: one failure in a million must still be seen.
        bar = max(2.0, HEIGHT * min(WHOLE - percent, depth) / depth)
        css = "refused" if promised is not None and percent < promised else "s1"
        slot = 100 / count
        place = (f"{i * slot + slot * 0.2:.3f}", f"{slot * 0.6:.3f}", f"{bar:.1f}")
        parts.append(format_html('<rect class="{}" x="{}%" width="{}%" y="0" height="{}"/>', css, *place))
    return axes.point(described.tip(chart, point), *parts)


def _promise(promised: float, depth: float) -> SafeString:
    y = f"{HEIGHT * (WHOLE - promised) / depth:.1f}"
    return format_html('<line class="line limit" x1="0" x2="100%" y1="{}" y2="{}"/>', y, y)
