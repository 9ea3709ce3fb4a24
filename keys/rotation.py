"""When an old secret stops. Pure: the time is an argument."""

from datetime import datetime, timedelta

OVERLAPS: dict[str, timedelta] = {
    "now": timedelta(),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
LABELS = {
    "now": "End the old secret now",
    "1h": "1 hour",
    "24h": "24 hours",
    "7d": "7 days",
}


def overlap_until(now: datetime, *, overlap: timedelta, expires_at: datetime | None) -> datetime:
    """Return the time at which the old secret stops: never past the key's own expiry."""
    end = now + overlap
    return end if expires_at is None else max(now, min(end, expires_at))


def overlap_label(overlap: timedelta) -> str:
    """Say an overlap in words: `24 h`, `7 d`, `none`."""
    hours = int(overlap.total_seconds() // 3600)
    if not hours:
        return "none"
    return f"{hours // 24} d" if hours > 24 and hours % 24 == 0 else f"{hours} h"
