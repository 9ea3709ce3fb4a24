"""Parts that the charts share: grid, labels, marks, hits."""

from __future__ import annotations

import math
from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from axis_admin.ui import words
from axis_admin.ui.charts.shapes import Mark, Point

TICKS = 4
LABELS = 8


def joined(parts: Sequence[SafeString]) -> SafeString:
    """Safe pieces as one."""
    return format_html_join("", "{}", ((part,) for part in parts))


def drawing(parts: Sequence[SafeString]) -> SafeString:
    """A chart. Readers get its label, tips and table; the drawing itself is hidden from them."""
    return format_html('<svg aria-hidden="true" focusable="false">{}</svg>', joined(parts))


def nice_top(highest: float) -> int:
    """The next value above that divides into four round ticks: 4, 8, 20, 40, 80, 100, 200 …"""
    if highest <= TICKS:
        return TICKS
    size = 10 ** (math.ceil(math.log10(highest)) - 1)
    return next(
        int(step * size) for step in (1, 1.2, 2, 4, 6, 8, 12) if step * size >= highest and step * size % TICKS == 0
    )


def grid(top: float, height: int) -> list[SafeString]:
    """Horizontal lines with their values at the left edge."""
    out = []
    for i in range(TICKS + 1):
        y = height - height * i / TICKS
        css = "baseline" if i == 0 else "gridline"
        out.append(format_html('<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>', css, f"{y:.1f}", f"{y:.1f}"))
        value = words.short(top * i / TICKS)
        out.append(format_html('<text class="tick" x="-8" y="{}" text-anchor="end">{}</text>', f"{y + 4:.1f}", value))
    return out


def labels(points: Sequence[Point], height: int, every: int | None = None, offset: int = 0) -> list[SafeString]:
    """The text below each nth slot; every second one is left out where it is narrow."""
    step = every or max(1, math.ceil(len(points) / LABELS))
    out = []
    for shown, i in enumerate(range(offset % step, len(points), step)):
        css = "tick minor" if shown % 2 else "tick"
        x = f"{(i + 0.5) / len(points) * 100:.2f}%"
        out.append(
            format_html(
                '<text class="{}" x="{}" y="{}" text-anchor="middle">{}</text>', css, x, height + 18, points[i]["x"]
            )
        )
    return out


def marks(items: Sequence[Mark], count: int, height: int) -> list[SafeString]:
    """Vertical lines with a word, such as "period starts"."""
    out = []
    for mark in items:
        x = mark["at"] / count * 100
        css = "now" if mark.get("now") else "extra" if mark.get("extra") else ""
        place = f"{x:.2f}%"
        out.append(
            format_html('<line class="mark-line {}" x1="{}" x2="{}" y1="-4" y2="{}"/>', css, place, place, height)
        )
        # In the right half the word stands left of its line, or it would leave the chart on a phone.
        dx, anchor = (-6, "end") if x > 50 else (6, "start")
        out.append(
            format_html(
                '<text class="mark-text {}" x="{}" dx="{}" y="{}" text-anchor="{}">{}</text>',
                css,
                place,
                dx,
                mark.get("y", 6),
                anchor,
                mark["label"],
            )
        )
    return out


def hit(i: int, count: int, height: int) -> SafeString:
    """The full-height area of a slot that pointer and keyboard read."""
    slot = 100 / count
    return format_html(
        '<rect class="hit" x="{}%" width="{}%" y="0" height="{}"/>', f"{i * slot:.3f}", f"{slot:.3f}", height
    )


def point(tip: str, *parts: SafeString) -> SafeString:
    """A readable slot. tip: lines parted by "|", the first is its title."""
    return format_html('<g class="pt" data-tip="{}">{}</g>', tip, joined(parts))
