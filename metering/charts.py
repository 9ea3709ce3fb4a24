"""Usage as a chart draws it: v2 below, v1 above it, a bar a day or a month. Pure."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Any

from metering.usage import Tally
from metering.windows import Window

SERIES = [{"cls": "s1", "label": "v2"}, {"cls": "s2", "label": "v1"}]


def generations(window: Window, by_day: Mapping[Any, Tally], *, size: str = "") -> dict[str, Any]:
    """Draw the succeeded generations of each day; of each month where there are too many days. Days are UTC days."""
    points = _months(window, by_day) if window.is_long else [_day(day, by_day) for day in window.days]
    grain = "month" if window.is_long else "day"
    return {
        "label": f"Generations a {grain} by API version, {window.label}.",
        "series": SERIES,
        "points": points,
        "column": grain.capitalize(),
        "size": size,
    }


def course(window: Window, by_day: Mapping[date, int]) -> list[int]:
    """Return the values of a window for a small line: of its days, or of its weeks where they are many."""
    values = [by_day.get(day, 0) for day in window.days]
    step = 7 if window.is_long else 1
    return [sum(values[n : n + step]) for n in range(0, len(values), step)]


def _day(day: date, by_day: Mapping[Any, Tally]) -> dict[str, Any]:
    return {"x": f"{day:%-d %b}", "title": f"{day:%a %-d %b %Y}", "v": _values(by_day.get(day, Tally()))}


def _months(window: Window, by_day: Mapping[Any, Tally]) -> list[dict[str, Any]]:
    points = []
    for month, days in groupby(window.days, key=lambda day: day.replace(day=1)):
        total = Tally()
        for day in days:
            total.merge(by_day.get(day, Tally()))
        points.append({"x": f"{month:%b}", "title": f"{month:%B %Y}", "v": _values(total)})
    return points


def _values(tally: Tally) -> list[int]:
    return [tally.succeeded["v2"], tally.succeeded["v1"]]
