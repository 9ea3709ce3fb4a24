"""What of a quota is used up, by the ledger: for a counter that is not there, or that drifted."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from keys.limits.applying import Limit

# Whole hours are read from what is counted by hour; where a window begins or ends within one, the ledger is.
_USED = """
SELECT coalesce((SELECT sum({hours}) FROM metering_usagehour
    WHERE organization_id = %(organization)s AND outcome = 'succeeded' AND environment = 'live'
        AND hour >= %(first)s AND hour < %(last)s AND {narrowed}), 0)
    + coalesce((SELECT sum({generations}) FROM metering_generation
    WHERE organization_id = %(organization)s AND outcome = 'succeeded' AND environment = 'live' AND {narrowed}
        AND ((occurred_at >= %(start)s AND occurred_at < least(%(first)s, %(end)s))
            OR (occurred_at >= greatest(%(last)s, %(start)s) AND occurred_at < %(end)s))), 0)
"""
_HOUR = timedelta(hours=1)


def used(organization: int, key: int | None, limit: Limit, start: datetime, end: datetime) -> int:
    """Return how many succeeded generations, or their units, lie in a window, of an organization or of one key."""
    by_units = limit.dimension == "units"
    narrowed = (
        "(%(key)s::bigint IS NULL OR key_id = %(key)s) AND (%(version)s::text IS NULL OR api_version = %(version)s)"
    )
    statement = _USED.format(
        hours="units" if by_units else "generations", generations="units" if by_units else "1", narrowed=narrowed
    )
    first, last = _hour(start + _HOUR - timedelta(microseconds=1)), _hour(end)
    told = {"organization": organization, "key": key, "version": limit.api_version, "start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**told, "first": first, "last": max(first, last)})
        return int(cursor.fetchone()[0])


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
