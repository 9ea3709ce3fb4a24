"""The capacity timeline: reservations by day, and the reserved share under them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from axis_admin.ui.charts import axes
from axis_admin.ui.charts.shapes import Pool, Reservation

ROW, HEAD, HEAT = 34, 24, 12
BAR = 26
# So many letters of a bar's name take a day's width, where the chart is at its narrowest.
LETTERS_A_DAY = 2


def capacity_timeline(pool: Pool, days: Sequence[str], ticks: Sequence[tuple[int, str]], today: float) -> SafeString:
    """{% capacity_timeline pool days ticks today %}. days: a label a day. ticks: (day number, text).

    today: in days from the first; outside of the days no line is drawn.
    """
    count = len(days)
    rows = [item.get("row", row) for row, item in enumerate(pool["bars"])]
    strip = HEAD + (max(rows, default=-1) + 1) * ROW + 4
    parts = [
        *(_tick(i, label, count, strip) for i, label in ticks),
        *([_line("mark-line now", today / count * 100, strip)] if 0 <= today <= count else []),
        *(_reservation(item, row, count) for row, item in zip(rows, pool["bars"], strict=True)),
        *(_share(pool, i, share, days, strip) for i, share in enumerate(pool["heat"])),
    ]
    return format_html(
        '<svg height="{}" role="img" aria-label="{}">{}</svg>', strip + HEAT + 4, pool["summary"], axes.joined(parts)
    )


def _line(css: str, x: float, strip: int) -> SafeString:
    place = f"{x:.2f}%"
    return format_html('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', css, place, place, HEAD - 6, strip + HEAT)


def _tick(i: int, label: str, count: int, strip: int) -> SafeString:
    x = i / count * 100
    text = format_html('<text class="tick" x="{}%" dx="2" y="12">{}</text>', f"{x:.2f}", label)
    return axes.joined([_line("gridline", x, strip), text])


def _reservation(item: Reservation, row: int, count: int) -> SafeString:
    x, width = item["start"] / count * 100, (item["end"] - item["start"]) / count * 100
    y = HEAD + row * ROW
    box = format_html(
        '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}" rx="3"/>',
        "res hold" if item.get("hold") else "res",
        f"{x:.2f}",
        f"{width:.2f}",
        y,
        BAR,
    )
    return axes.joined([axes.point(item["tip"], box), _label(item, x, x + width, y, count)])


def _label(item: Reservation, x: float, end: float, y: int, count: int) -> SafeString:
    """The name in its bar; of a short bar to its right, and where there is no room, to its left or cut off with it."""
    length = len(item["label"]) / LETTERS_A_DAY
    if length <= item["end"] - item["start"]:
        return _text(item["label"], x, 10, y)
    if item["end"] + length <= count:
        return _text(item["label"], end, 6, y)
    if length <= item["start"] and "row" not in item:
        return _text(item["label"], x, -6, y, anchor="end")
    # A drawing within the drawing ends where the bar does.
    frame = '<svg x="{}%" width="{}%" y="{}" height="{}">{}</svg>'
    return format_html(frame, f"{x:.2f}", f"{end - x:.2f}", y, BAR, _text(item["label"], 0, 6, 0))


def _text(label: str, x: float, away: int, y: int, anchor: str = "start") -> SafeString:
    return format_html(
        '<text class="res-text" x="{}%" dx="{}" y="{}" text-anchor="{}">{}</text>',
        f"{x:.2f}",
        away,
        y + 17,
        anchor,
        label,
    )


def _share(pool: Pool, i: int, share: float, days: Sequence[str], strip: int) -> SafeString:
    level = 0 if share == 0 else 1 if share < 0.6 else 2 if share < 1 else 3
    box = format_html(
        '<rect class="heat{}" x="{}%" width="{}%" y="{}" height="{}"/>',
        level,
        f"{i / len(days) * 100:.2f}",
        f"{100 / len(days) - 0.25:.2f}",
        strip,
        HEAT,
    )
    units = pool["units"]
    told = pool["told"][i] if "told" in pool else f"{round(share * units)} of {units} units reserved"
    return axes.point(f"{days[i]}|{told}", box)
