"""The ledger's months: made before they are needed, by a function of the database that runs as the owner."""

from datetime import date, datetime

from django.db import connection

MONTHS_BACK = 3
MONTHS_AHEAD = 3


def ensure(*, now: datetime) -> list[str]:
    """Make the months around now that are missing; returns the names of the new partitions."""
    this_month = _month(now)
    return ensure_months(range(this_month - MONTHS_BACK, this_month + MONTHS_AHEAD + 1))


def ensure_between(first: datetime, last: datetime) -> list[str]:
    """Make the months from `first` to `last`, for whoever writes history. DataError for one out of the ledger's reach."""
    return ensure_months(range(_month(first), _month(last) + 1))


def ensure_months(months: range) -> list[str]:
    """Make the given months, counted from year 0, where they are missing."""
    days = [date(month // 12, month % 12 + 1, 1) for month in months]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::date[]) AS day, metering_ensure_month(day) AS name WHERE name IS NOT NULL",
            [days],
        )
        return [name for (name,) in cursor.fetchall()]


def ahead(*, now: datetime) -> int:
    """Count the months after this one that the ledger has; under two, somebody has to look."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('metering_generation') WHERE isleaf")
        names = {name for (name,) in cursor.fetchall()}
    following = (_month(now) + n for n in range(1, MONTHS_AHEAD + 1))
    return sum(f"metering_generation_{month // 12:04}{month % 12 + 1:02}" in names for month in following)


def _month(at: datetime) -> int:
    return at.year * 12 + at.month - 1
