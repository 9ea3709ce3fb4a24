"""A limit as it stood for one call: what is kept of it, and how that is said to whoever has to explain it. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from keys.limits.limiter import Standing
from keys.limits.slots import Slot

# A limit as Refusal.limits keeps it. Earlier ones have neither a kind nor what follows from it.
Kept = Mapping[str, Any]

_FOR_GOOD_YEAR = 2200
_WINDOWS = {"day": "of the day", "month": "of the month", "term": "of the whole term"}


def kept(standing: Standing, *, units: int, at: datetime) -> dict[str, Any]:
    """Return a limit as it stood; times in milliseconds, retry None where nobody knows, `ends_at` of windows alone."""
    limit, retry_us = standing.limit, standing.retry_us
    return {
        "name": limit.name,
        "owner": limit.owner,
        "mode": limit.mode,
        "kind": limit.kind,
        "dimension": limit.dimension,
        "limit": limit.limit,
        "overage": limit.overage,
        "period_s": limit.period_s,
        "burst": limit.burst,
        "window": limit.window,
        "ends_at": _ends_at(standing, at),
        "cost": limit.cost(units),
        "remaining": standing.remaining,
        "refused": standing.refused,
        "retry_ms": None if retry_us is None else -(-retry_us // 1_000),
    }


def said(limit: Kept, *, zone: tzinfo) -> str:
    """Say how a limit stood, such as "v2-jobs (plan): 2 of 2 jobs were running; it passes when one ends"."""
    owner = "reservation" if limit.get("kind") == "reserved" else limit["owner"]
    return f"{limit['name']} ({owner}): {_failed(limit, zone) if limit['refused'] else _left(limit)}"


def kind(limit: Kept) -> str:
    """Return its kind; of an earlier one "rate", or "" where that is not known."""
    return str(limit.get("kind") or ("rate" if limit.get("burst") is not None else ""))


def is_too_large(limit: Kept) -> bool:
    """Say whether the call alone takes more than the limit ever allows."""
    match kind(limit):
        case "rate":
            return limit["retry_ms"] is None
        case "window":
            return bool(limit["cost"] > limit["limit"] + limit["overage"])
        case "concurrency" | "reserved":
            return bool(limit["limit"] == 0)
    return False


def _ends_at(standing: Standing, at: datetime) -> str | None:
    """When the window ends: by its bounds, since the two clocks that it is told by are not quite one."""
    if standing.limit.kind != "window":
        return None
    about = at + timedelta(microseconds=standing.reset_us)
    return min(standing.limit.bounds or (about,), key=lambda bound: abs(bound - about)).isoformat()


def _left(limit: Kept) -> str:
    left = f"{limit['remaining']:,} of "
    match kind(limit):
        case "rate":
            return f"{left}burst {limit['burst']:,} left"
        case "window":
            return f"{left}{_counted(limit)} left"
        case "concurrency" | "reserved":
            return f"{left}{_jobs(limit)} free"
    return f"{left}{limit['limit']:,} left"


def _failed(limit: Kept, zone: tzinfo) -> str:
    match kind(limit):
        case "rate" if is_too_large(limit):
            return f"{_left(limit)}, the call is larger than the burst and never passes"
        case "rate":
            return f"{_left(limit)}, next in {limit['retry_ms'] / 1_000:.1f} s"
        case "window":
            return _failed_window(limit, zone)
        case "concurrency" | "reserved" if is_too_large(limit):
            return "no job may run"
        case "concurrency" | "reserved":
            used = limit["limit"] - limit["remaining"]
            return f"{used:,} of {_jobs(limit)} were running; it passes when one ends"
    return _left(limit)


def _failed_window(limit: Kept, zone: tzinfo) -> str:
    if is_too_large(limit):
        beyond = f" with {limit['overage']:,} beyond them" if limit["overage"] else ""
        return f"the call takes {limit['cost']:,}, and {_counted(limit)}{beyond} are allowed: it never passes"
    used = f"{limit['limit'] - limit['remaining']:,} of {_counted(limit)}"
    takes = f", and the call takes {limit['cost']:,}" if limit["cost"] > 1 else ""
    if limit["overage"] and not takes:
        return f"{used} and the {limit['overage']:,} allowed beyond them were used; {_anew(limit, zone)}"
    beyond = f", {limit['overage']:,} more are allowed" if limit["overage"] else ""
    return f"{used} were used{beyond}{takes}; {_anew(limit, zone)}"


def _counted(limit: Kept) -> str:
    """Such as "3 generations of the day"."""
    return f"{limit['limit']:,} {Slot('window', limit['dimension']).counted} {_WINDOWS[limit['window']]}"


def _jobs(limit: Kept) -> str:
    return f"{limit['limit']:,} {'reserved ' if kind(limit) == 'reserved' else ''}jobs"


def _anew(limit: Kept, zone: tzinfo) -> str:
    ends_at = datetime.fromisoformat(limit["ends_at"]).astimezone(zone)
    if limit["window"] != "term":
        return f"it begins anew on {_moment(ends_at)}"
    return "it does not begin anew" if ends_at.year >= _FOR_GOOD_YEAR - 1 else f"the term ends on {_moment(ends_at)}"


def _moment(at: datetime) -> str:
    """Such as "23 Nov 2026 00:00 WET"; zones without letters of their own by their distance."""
    name = f"{at:%Z}"
    return f"{at:%-d %b %Y %H:%M} {name if name[:1].isalpha() else f'UTC{name}'}"
