"""A rotation as a page draws it: its steps, and the calls of each hour by secret. Pure: the time is an argument."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from keys import assurance, rotation
from keys.cutover import Cutover
from keys.models import KeySecret
from keys.rotation import Standing

HOUR = timedelta(hours=1)
Step = dict[str, str]


def steps(standing: Standing, seen: Cutover | None, *, now: datetime) -> list[Step]:
    """Return the steps of what runs or is scheduled: text, note, and state done, now or nothing. None of them: []."""
    current, old, pending = standing
    if pending is not None:
        return _scheduled(pending, current, now=now)
    return _running(current, old, seen, now=now) if old and current and seen else []


def _scheduled(pending: KeySecret, current: KeySecret | None, *, now: datetime) -> list[Step]:
    begins = pending.activates_at or now
    ends = rotation.stops(current) if current and current.overlap_until else ""
    return [
        {"text": "New secret made", "note": _clock(pending.created_at), "state": "done"},
        {"text": "Customer stores it", "note": "refused with NOT_YET_ACTIVE until it begins", "state": "now"},
        {"text": "New secret begins", "note": f"{_clock(begins)}, in {assurance.length(begins - now)}"},
        {"text": "Old secret ends", "note": ends},
    ]


def _running(current: KeySecret, old: KeySecret, seen: Cutover, *, now: datetime) -> list[Step]:
    used_at, quiet = current.first_used_at, seen.verdict.is_safe
    began = old.overlap_began_at or current.began_at
    until = old.overlap_until or now
    ends = rotation.stops(old) if old.overlap_after_use else f"{_clock(until)}, in {assurance.length(until - now)}"
    moved = (
        "no calls with these two secrets in 24 h" if seen.moved is None else f"{_percent(seen.moved)} moved, last 24 h"
    )
    used = f"{_clock(used_at)}, {assurance.length(max(used_at - began, timedelta()))} later" if used_at else "not yet"
    return [
        {"text": "New secret made", "note": _clock(current.created_at), "state": "done"},
        {"text": "New secret first used", "note": used, "state": "done" if used_at else "now"},
        {"text": "Old secret going quiet", "note": moved, "state": ("done" if quiet else "now") if used_at else ""},
        {"text": "Old secret ends", "note": ends, "state": "now" if used_at and quiet else ""},
    ]


def chart(
    drawn: Sequence[tuple[str, Sequence[KeySecret]]],
    calls: Mapping[int, Mapping[datetime, int]],
    *,
    since: datetime,
    now: datetime,
    began: datetime | None = None,
) -> dict[str, Any]:
    """Draw the calls of each hour by secret, the first at the bottom; `drawn` are labels and the secrets of each."""
    start, end = _hour_of(since), _hour_of(now)
    hours = [start + n * HOUR for n in range(int((end - start) / HOUR) + 1)]
    marks = [{"at": (began - start) / HOUR, "label": "rotation"}] if began and began > start else []
    return {
        "label": "Calls an hour by secret, UTC.",
        "series": [{"cls": f"s{n}", "label": label} for n, (label, _) in enumerate(drawn, 1)],
        "points": [
            {
                "x": f"{hour:%H:%M}",
                "title": f"{hour:%a %-d %b, %H:%M} UTC",
                "v": [sum(calls.get(one.pk, {}).get(hour, 0) for one in secrets) for _, secrets in drawn],
            }
            for hour in hours
        ],
        "marks": marks,
        "column": "Hour",
    }


def _percent(share: float) -> str:
    """A share that is not whole is never told as whole."""
    if share in (0, 1):
        return f"{share:.0%}"
    return f"{min(max(share * 100, 0.1), 99.9):.1f}%"


def _clock(at: datetime) -> str:
    return f"{at:%a %-d %b, %H:%M} UTC"


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
