"""The last days as a small chart draws them: v2 below, v1 above it. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from metering.usage import Tally
from metering.windows import Window

SERIES = [{"cls": "s1", "label": "v2"}, {"cls": "s2", "label": "v1"}]


def generations(window: Window, by_day: Mapping[Any, Tally], *, size: str = "") -> dict[str, Any]:
    """Draw the succeeded generations of each day. Days are UTC days."""
    return {
        "label": f"Generations a day by API version, {window.label.lower()}.",
        "series": SERIES,
        "points": [_day(day, by_day.get(day, Tally())) for day in window.days],
        "column": "Day",
        "size": size,
    }


def _day(day: date, tally: Tally) -> dict[str, Any]:
    return {
        "x": f"{day:%-d %b}",
        "title": f"{day:%a %-d %b %Y}",
        "v": [tally.succeeded["v2"], tally.succeeded["v1"]],
    }
