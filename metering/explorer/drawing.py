"""The explorer's chart: a bar for each hour, day or month, coloured by what usage is grouped by."""

from collections.abc import Mapping, Sequence
from typing import Any

from metering.explorer import comparing, grains, naming, spans
from metering.explorer.counting import Counted, Sums
from metering.explorer.dimensions import BY_NAME
from metering.explorer.grains import Slot
from metering.explorer.query import Filter

OTHERS = "other"
COLOURS = ("s1", "s2", "s3", "s4")
GREY = "s5"
# More bars than this have narrow room for words below them.
MOST_WORDS = 8


def chart(
    asked: Filter, found: Counted, before: Counted | None, held: Filter | None, marks: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Draw what was counted, and as dashed marks what was counted in the time before, slot for slot."""
    slots = grains.slots(asked.span, asked.grain, asked.zone)
    series = _series(asked, found)
    values = [value for value, _ in series]
    within = _within(found, slots)
    points = [_point(asked, slot, within.get(slot.ordinal, {}), values) for slot in slots]
    if before is not None and held is not None:
        ghosts = grains.slots(held.span, asked.grain, asked.zone)
        held_within = _within(before, ghosts)
        for point, ghost in zip(points, ghosts, strict=False):
            parts = held_within.get(ghost.ordinal, {}).values()
            point["ghost"] = sum(part.value(attempts=asked.counts_attempts) for part in parts)
    late = [_late(asked, found, values)] if None in found.slots else []
    noun = "Generations" if not asked.counts_attempts else "Generations, failed ones too,"
    return {
        "label": f"{noun} {_each(asked)} by {BY_NAME[asked.by].label.lower()}, {asked.span.label}.",
        "series": [{"cls": css, "label": label} for label, css in _coloured(series)],
        "points": [*late, *points],
        "marks": [{**mark, "at": mark["at"] + len(late)} for mark in marks],
        "column": asked.grain.capitalize() if asked.grain != grains.HOUR else "From",
        "size": "tall",
        **_labelled(asked, slots, len(late)),
        **({"ghost": f"{comparing.named(asked)}, {asked.grain} by {asked.grain}"} if before is not None else {}),
    }


def _each(asked: Filter) -> str:
    return "an hour" if asked.grain == grains.HOUR else f"a {asked.grain}"


def _series(asked: Filter, found: Counted) -> list[tuple[str | None, str]]:
    """Return the series from the bottom up, in the order of a closed list or the largest first; the others last."""
    totals: dict[str | None, int] = {}
    for parts in found.slots.values():
        for value, sums in parts.items():
            totals[value] = totals.get(value, 0) + sums.value(attempts=asked.counts_attempts)
    listed = [value for value, _ in BY_NAME[asked.by].choices]
    if asked.by == "version":
        listed.reverse()
        totals = {**dict.fromkeys(listed, 0), **totals}
    known = [value for value in totals if value is not None]
    known.sort(key=lambda value: (listed.index(value) if value in listed else len(listed), -totals[value], value))
    names = naming.names(asked.by, known)
    series: list[tuple[str | None, str]] = [(value, names[value].label) for value in known if value in names]
    return [*series, (None, OTHERS)] if totals.get(None) else series


def _coloured(series: Sequence[tuple[str | None, str]]) -> list[tuple[str, str]]:
    return [
        (label, GREY if value is None or n >= len(COLOURS) else COLOURS[n]) for n, (value, label) in enumerate(series)
    ]


def _within(found: Counted, slots: Sequence[Slot]) -> Mapping[int, Mapping[str | None, Sums]]:
    """Return the bars' sums; the first and the last take in what lies in a part of an hour beyond them."""
    first, last = slots[0].ordinal, slots[-1].ordinal
    bars: dict[int, dict[str | None, Sums]] = {}
    for ordinal, parts in found.slots.items():
        if ordinal is not None:
            bar = bars.setdefault(min(max(ordinal, first), last), {})
            for value, sums in parts.items():
                bar[value] = bar[value] + sums if value in bar else sums
    return bars


def _point(asked: Filter, slot: Slot, parts: Mapping[str | None, Sums], values: Sequence[str | None]) -> dict[str, Any]:
    return {
        "x": slot.short,
        "title": slot.title,
        "v": [parts.get(value, Sums()).value(attempts=asked.counts_attempts) for value in values],
        "href": _narrowed(asked, slot),
    }


def _narrowed(asked: Filter, slot: Slot) -> str:
    """Return the address of one bar: the same page for it alone, or the generations of an hour."""
    ends = [("from", spans.written(slot.start)), ("to", spans.written(slot.end))]
    if asked.grain == grains.HOUR:
        return asked.opened(add=ends)
    return asked.href("range", "from", "to", "grain", "page", add=_days(asked, slot) or ends)


def _days(asked: Filter, slot: Slot) -> list[tuple[str, str]]:
    """Write a bar as local days, where it is made of whole ones."""
    first = slot.start.astimezone(asked.zone).date()
    last = (slot.end - spans.HOUR).astimezone(asked.zone).date()
    if (spans.begin(first, asked.zone), spans.begin(last + spans.DAY, asked.zone)) != (slot.start, slot.end):
        return []
    return [("from", f"{first:%Y-%m-%d}"), ("to", f"{last:%Y-%m-%d}")]


def _late(asked: Filter, found: Counted, values: Sequence[str | None]) -> dict[str, Any]:
    parts = found.slots[None]
    return {
        "x": "late",
        "title": "Late: happened in an earlier billing period",
        "v": [parts.get(value, Sums()).value(attempts=asked.counts_attempts) for value in values],
        "href": asked.opened(add=[("original", "any")]),
    }


def _labelled(asked: Filter, slots: Sequence[Slot], late: int) -> dict[str, int]:
    """Return which bars have words below them: of several days' hours the first of each day."""
    if asked.grain != grains.HOUR or asked.span.length <= spans.DAY:
        return {}
    first = next((n for n, slot in enumerate(slots) if ":" not in slot.short), 0)
    return {"every": 24, "offset": first + late}
