"""A limit over time: the limit is a step, traffic an area, refusals stand at the bottom on their own scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from axis_admin.ui.charts import axes, described
from axis_admin.ui.charts.shapes import Chart, Dot, Point

HEIGHT = 220
REFUSED_HEIGHT = 48
# So that a limit is not the upper edge.
HEADROOM = 1.1


def limit_over_time(chart: Chart) -> SafeString:
    """{% limit_over_time chart %}: points with used, limit and refused."""
    points = chart["points"]
    if not points:
        return axes.drawing([])
    top = chart.get("top") or axes.nice_top(HEADROOM * max(max(p["used"], p["limit"] or 0) for p in points))

    def y(value: float) -> float:
        return HEIGHT - HEIGHT * value / top

    count = len(points)
    return axes.drawing(
        [
            *axes.grid(top, HEIGHT),
            _lines(points, y),
            *_refused(points),
            *(axes.point(described.tip(chart, p), axes.hit(i, count, HEIGHT)) for i, p in enumerate(points)),
            *axes.labels(points, HEIGHT, chart.get("every"), chart.get("offset", 0)),
            *(_dot(dot, count, y(dot["value"])) for dot in chart.get("dots") or []),
            *axes.marks(chart.get("marks") or [], count, HEIGHT),
        ]
    )


def _lines(points: Sequence[Point], y: Callable[[float], float]) -> SafeString:
    count = len(points)
    middles = [f"{(i + 0.5) / count * 1000:.1f}" for i in range(count)]
    traffic = "M" + " L".join(f"{x} {y(p['used']):.1f}" for x, p in zip(middles, points, strict=True))
    return format_html(
        '<svg x="0" y="0" width="100%" height="{h}" viewBox="0 0 1000 {h}" preserveAspectRatio="none">'
        '<path class="area1" d="{traffic} L{last} {h} L{first} {h} Z"/>'
        '<path class="line s1" vector-effect="non-scaling-stroke" d="{traffic}"/>'
        '<path class="line limit" vector-effect="non-scaling-stroke" d="{step}"/></svg>',
        h=HEIGHT,
        traffic=traffic,
        step=_steps(points, y),
        first=middles[0],
        last=middles[-1],
    )


def _steps(points: Sequence[Point], y: Callable[[float], float]) -> str:
    """The path of the limit, which leaves out where there was none."""
    count, path, goes_on = len(points), "", False
    for i, p in enumerate(points):
        limit = p["limit"]
        if limit is not None:
            height = f"{y(limit):.1f}"
            path += f"{' L' if goes_on else ' M'}{i / count * 1000:.1f} {height} L{(i + 1) / count * 1000:.1f} {height}"
        goes_on = limit is not None
    return path.strip()


def _refused(points: Sequence[Point]) -> list[SafeString]:
    most, slot = max(p["refused"] for p in points), 100 / len(points)
    out = []
    for i, p in enumerate(points):
        if not p["refused"]:
            continue
        # Three pixels at least: one refusal beside a thousand must still be seen.
        bar = max(3, p["refused"] / most * REFUSED_HEIGHT)
        out.append(
            format_html(
                '<rect class="refused" x="{}%" width="{}%" y="{}" height="{}"/>',
                f"{i * slot + slot * 0.2:.3f}",
                f"{slot * 0.6:.3f}",
                f"{HEIGHT - bar:.1f}",
                f"{bar:.1f}",
            )
        )
    return out


def _dot(dot: Dot, count: int, y: float) -> SafeString:
    x = f"{dot['at'] / count * 100:.2f}%"
    return format_html(
        '<circle class="step-dot" cx="{}" cy="{}" r="4"/>'
        '<text class="mark-text {}" x="{}" dx="{}" y="{}" text-anchor="{}">{}</text>',
        x,
        f"{y:.1f}",
        "extra" if dot.get("extra") else "",
        x,
        dot.get("dx", 8),
        f"{y + 18 if dot.get('below') else y - 9:.1f}",
        dot.get("anchor", "start"),
        dot["label"],
    )
