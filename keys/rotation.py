"""When an old secret stops and a new one begins. Pure: the time is an argument."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from keys.models import KeySecret

OVERLAPS: dict[str, timedelta] = {
    "now": timedelta(),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
LABELS = {
    "now": "End the old secret now",
    "1h": "1 hour",
    "24h": "24 hours",
    "7d": "7 days",
    "30d": "30 days",
}
# The overlaps that can also be counted from the first use of the new secret.
AFTER_USE = ("1h", "24h", "7d")
FURTHEST_AHEAD = timedelta(days=90)


class Overlap(NamedTuple):
    """How long an old secret works on: from the change, or from the first use of the new one (`after_use`)."""

    lasts: timedelta
    after_use: bool = False

    def end(self, began: datetime, *, longest: timedelta, expires_at: datetime | None) -> datetime:
        """Return when the old secret stops; where a first use is waited for, when it stops at the latest."""
        return overlap_until(began, overlap=longest if self.after_use else self.lasts, expires_at=expires_at)


# What a person may choose, by the name that a form sends.
CHOICES: dict[str, Overlap] = {
    **{name: Overlap(lasts) for name, lasts in OVERLAPS.items()},
    **{f"use-{name}": Overlap(OVERLAPS[name], after_use=True) for name in AFTER_USE},
}


class Standing(NamedTuple):
    """A key's secrets by the clock: the one that works from now on, the one that still works, the one to come."""

    current: "KeySecret | None"
    old: "KeySecret | None"
    pending: "KeySecret | None"


def standing(secrets: Iterable["KeySecret"], *, at: datetime) -> Standing:
    """Return which of a key's secrets is which at this time, whether or not a sweep has moved their states."""
    by_state = {secret.state: secret for secret in secrets}
    pending, active, old = (by_state.get(state) for state in ("pending", "active", "overlap"))
    if pending is not None and pending.activates_at is not None and pending.activates_at <= at:
        pending, active, old = None, pending, active
    return Standing(active, None if old is None or old.is_retired(at=at) else old, pending)


def overlap_until(began: datetime, *, overlap: timedelta, expires_at: datetime | None) -> datetime:
    """Return the time at which the old secret stops: never past the key's own expiry."""
    end = began + overlap
    return end if expires_at is None else max(began, min(end, expires_at))


def end_after_use(first_used_at: datetime, *, began: datetime, after: timedelta, latest: datetime) -> datetime:
    """Return when an overlap ends that counts from a first use: never later than it would have without one."""
    return min(latest, max(first_used_at, began) + after)


def latest_end(
    began: datetime, *, longest: timedelta, expires_at: datetime | None, successor_at: datetime | None = None
) -> datetime:
    """Return how far an overlap can be extended: the plan's longest, the key's expiry, the next rotation."""
    end = overlap_until(began, overlap=longest, expires_at=expires_at)
    return end if successor_at is None else min(end, successor_at)


def stops(secret: "KeySecret") -> str:
    """Say when an old secret stops: a time on the clock, or a time after the first use of the new one."""
    until = f"{secret.overlap_until:%-d %b %Y, %H:%M} UTC" if secret.overlap_until else "not yet known"
    if secret.overlap_after_use is None:
        return until
    return f"{overlap_label(secret.overlap_after_use)} after first use of the new one, at the latest {until}"


def overlap_label(overlap: timedelta) -> str:
    """Say an overlap in words: `24 h`, `7 d`, `none`."""
    hours = int(overlap.total_seconds() // 3600)
    if not hours:
        return f"{int(overlap.total_seconds() // 60)} min" if overlap >= timedelta(minutes=1) else "none"
    return f"{hours // 24} d" if hours > 24 and hours % 24 == 0 else f"{hours} h"
