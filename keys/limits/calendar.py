"""When calendar windows begin, on the clocks of a time zone. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def begun(window: str, at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the day or the month began in which a time lies."""
    local = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    start = local.replace(day=1) if window == "month" else local
    return start.astimezone(UTC)


def beginnings(window: str, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield when each window begins that begins in since < t < until."""
    start = begun(window, since, zone)
    while (start := _next(window, start, zone)) < until:
        if start > since:
            yield start


def _next(window: str, start: datetime, zone: ZoneInfo) -> datetime:
    # Well inside the following one, however long this one is.
    return begun(window, start + timedelta(hours=30) if window == "day" else start + timedelta(days=32, hours=2), zone)
