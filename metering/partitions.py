"""The ledger's months: made before they are needed, by a function of the database that runs as the owner."""

from datetime import UTC, date, datetime

from django.db import connection

MONTHS_BACK = 3
MONTHS_AHEAD = 3

_MONTHS = """
SELECT to_date(right(relname, 6), 'YYYYMM') FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'metering_generation'::regclass ORDER BY 1
"""


def ensure(*, now: datetime) -> list[str]:
    """Make the months around now that are missing; returns the names of the new partitions."""
    this_month = _month(now)
    return _ensure(range(this_month - MONTHS_BACK, this_month + MONTHS_AHEAD + 1))


def ensure_between(first: datetime, last: datetime) -> list[str]:
    """Make the months from `first` to `last`, for whoever writes history.

    Raises DatabaseError for a month that the ledger does not reach: 15 months back, 4 ahead.
    """
    return _ensure(range(_month(first), _month(last) + 1))


def are_there() -> bool:
    """Say whether this database has a ledger yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('metering_ensure_month') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def months() -> list[date]:
    """Return the first days of the months that the ledger has, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS)
        return [first for (first,) in cursor.fetchall()]


def _ensure(months: range) -> list[str]:
    days = [date(month // 12, month % 12 + 1, 1) for month in months]
    with connection.cursor() as cursor:
        cursor.execute("SELECT metering_ensure_month(day) FROM unnest(%s::date[]) AS day", [days])
        return [name for (name,) in cursor.fetchall() if name is not None]


def _month(at: datetime) -> int:
    utc = at.astimezone(UTC)
    return utc.year * 12 + utc.month - 1
