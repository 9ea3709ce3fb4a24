"""A limit over time, drawn: how high it was, what was used of it and what it refused, with a dot for each step."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from keys import retention
from keys.limit_history import BY_ITSELF, Step
from keys.limits import traces
from keys.limits.replay import Week
from keys.limits.slots import Slot
from keys.limits.terms import Terms
from keys.limits.traces import SPANS, Span

DOTS = 4


def choices(code: str, chosen: Span) -> list[tuple[str, str, bool]]:
    """Return the times that can be looked at: label, address on the same page, and whether it is the present one."""
    return [(one.label, f"?over={code}&range={one.value}#over-time", one is chosen) for one in SPANS]


def chart(week: Week, terms: Terms, listed: Sequence[Step], span: Span) -> dict[str, Any]:
    """Draw a time of a limit; `week` is what is known of it."""
    points = traces.trace(week, terms, span)
    used = _used(terms.slot, span)
    first = points[0].at if points else week.demand.since
    return {
        "kind": "limit",
        "label": f"{terms.slot.words}: limit, {used.lower()} and refusals, each {span.every} of {span.label}, UTC.",
        "used": used,
        "points": [_point(point, span) for point in points],
        "column": "From",
        **_labelled(points, span),
        "dots": _dots(listed, first, len(points), span),
    }


def notes(week: Week, terms: Terms, span: Span) -> list[str]:
    """Say what is not as it seems: what is not kept for so long, and what was worked out instead of counted."""
    return list(_notes(week, terms, span))


def _notes(week: Week, terms: Terms, span: Span) -> Iterator[str]:
    created = week.organization.created_at
    if created > span.first(week.demand.until):
        yield f"Nothing is counted before {created:%-d %b %Y}: the organization is not older."
    if span.is_long and terms.kind != "window":
        yield f"Minutes are kept for {retention.MINUTES.days} days, so that hours are averaged: a peak was higher."
    if terms.kind == "concurrency":
        yield estimated(week.seconds(terms))


def estimated(seconds: float | None) -> str:
    """Say how running jobs of the past are known."""
    if seconds is None:
        return "Running jobs of the past are estimated from how long jobs take, and no generation has told that yet."
    length = f"{seconds:,.0f} s" if seconds >= 1 else "less than 1 s"
    return f"Running jobs are estimated: admitted calls times the mean length of a job, {length}."


def _labelled(points: Sequence[traces.Point], span: Span) -> dict[str, int]:
    """Which points have a text below them: every so many, and midnights among them."""
    midnight = next((number for number, point in enumerate(points) if (point.at.hour, point.at.minute) == (0, 0)), 0)
    return {"every": span.told // span.step, "offset": midnight}


def _point(point: traces.Point, span: Span) -> dict[str, Any]:
    at = point.at
    title = f"{at:%a %-d %b %Y}" if span.step == traces.DAY else f"{at:%a %-d %b, %H:%M} UTC"
    x = f"{at:%H:%M}" if span.length == traces.DAY else f"{at:%-d %b}"
    return {"x": x, "title": title, "used": point.used, "limit": point.limit, "refused": point.refused}


def _used(slot: Slot, span: Span) -> str:
    if slot.kind == "concurrency":
        return "Running in the busiest hour, on average" if span.is_long else "Running, most"
    if slot.kind == "window":
        return "Used so far"
    known = 3600 if span.is_long else 60
    if (slot.period_s or 0) < known:
        return f"Busiest {'hour' if span.is_long else 'minute'}, on average {slot.unit}"
    return "Busiest minute" if slot.period_s == 60 else f"Most {slot.unit}"


def _dots(listed: Sequence[Step], first: datetime, count: int, span: Span) -> list[dict[str, Any]]:
    shown = [step for step in listed if step.at > first and step.before != "none"][:DOTS]
    places = [(step, (step.at - first) / span.step) for step in reversed(shown)]
    return [
        {
            "at": at,
            "value": step.limit,
            "label": _named(step),
            "extra": number < len(places) - 1,
            **({"dx": -8, "anchor": "end", "below": step.lowers} if at > count * 0.7 else {}),
        }
        for number, (step, at) in enumerate(places)
    ]


def _named(step: Step) -> str:
    if step.who == BY_ITSELF:
        return f"{step.after} again, by itself"
    raised = f"{step.before} → {step.after}" if step.before != "none" else step.after
    return f"{raised}, {step.ticket}" if step.ticket else raised
