"""Drawings inside a line of text: the meter's bar and the sparkline."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe


def sparkline(values: Sequence[float]) -> SafeString:
    """{% sparkline counts %}: level and gaps of a row of numbers; a dotted line if there are none."""
    if len(values) < 2 or not any(values):
        return mark_safe('<svg class="spark flat" viewBox="0 0 88 24" aria-hidden="true"><path d="M0 22H88"/></svg>')
    top, last = max(values), len(values) - 1
    line = "M" + " L".join(f"{i / last * 88:.1f} {22 - value / top * 19:.1f}" for i, value in enumerate(values))
    return format_html(
        '<svg class="spark" viewBox="0 0 88 24" aria-hidden="true">'
        '<path class="under" d="{line} L88 24 L0 24 Z"/><path d="{line}"/></svg>',
        line=line,
    )


def bar(percent: float, tone: str = "", notch: float | None = None) -> SafeString:
    """{% bar 83 "warn" notch=99 %}: a meter's drawing; the number beside it carries the meaning.

    tone: "", warn or bad. notch: the 7-day peak in percent.
    """
    mark = format_html('<rect class="notch" x="{}%" y="0" width="2" height="6"/>', notch) if notch else ""
    return format_html(
        '<svg class="bar" aria-hidden="true"><rect class="track" width="100%" height="6"/>'
        '<rect class="fill {}" width="{}%" height="6"/>{}</svg>',
        tone,
        max(0, min(percent, 100)),
        mark,
    )
