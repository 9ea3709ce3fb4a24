"""When calendar windows begin, on the clocks of a time zone. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# The same for PostgreSQL: when the window of {now} and the two after it begin, as JSON. Of a midnight that comes twice
# it takes the second one, so that it is asked whether it was midnight an hour before.
STATEMENT = """SELECT coalesce(json_agg(CASE WHEN (at - interval '1 hour') AT TIME ZONE {zone} = midnight
        THEN at - interval '1 hour' ELSE at END ORDER BY n), '[]')
    FROM generate_series(0, 2) AS n
    CROSS JOIN LATERAL (
        SELECT date_trunc({window}, {now} AT TIME ZONE {zone}) + ('1 ' || {window})::interval * n AS midnight
    ) AS clocks
    CROSS JOIN LATERAL (SELECT midnight AT TIME ZONE {zone} AS at) AS found
    WHERE {window} IS NOT NULL"""


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
