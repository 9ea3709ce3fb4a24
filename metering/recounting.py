"""The rollups counted anew from the ledger and the voids, and each difference named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from metering import insertion, partitions
from metering.models import BillingPeriod, UsageDay, UsageHour
from metering.models.generations import APART

_BY = f"organization_id, {insertion.DIMENSIONS}"
# One statement sees one state of all three. What was voided counts against the ledger, as it does in the rollups.
_DIFFERENCES = """
SELECT at, {by}, sum(ours), sum(our_units), sum(theirs), sum(their_units) FROM (
    SELECT {of_ledger} AS at, {by}, 1 AS ours, units AS our_units, 0 AS theirs, 0 AS their_units
    FROM metering_generation WHERE {narrowed}
    UNION ALL
    SELECT {of_void}, {by}, -1, -units, 0, 0 FROM metering_adjustment WHERE kind = 'void' AND {narrowed}
    UNION ALL
    SELECT {column}, {by}, 0, 0, generations, units FROM {table} WHERE {narrowed}
) AS counted
WHERE at >= %(since)s
GROUP BY at, {by} HAVING sum(ours) <> sum(theirs) OR sum(our_units) <> sum(their_units)
ORDER BY {by}, at
"""
_HOURS = {
    "rollup": "hourly",
    "of_ledger": "date_trunc('hour', occurred_at, 'UTC')",
    "of_void": "hour",
    "column": "hour",
}
_DAYS = {
    "rollup": "daily",
    "of_ledger": "(occurred_at AT TIME ZONE 'UTC')::date",
    "of_void": "(hour AT TIME ZONE 'UTC')::date",
    "column": "day",
}
_EVERYTHING = "TRUE"
_OF_PERIOD = "organization_id = %(organization)s AND period_id = %(period)s"


@dataclass(frozen=True)
class Difference:
    """A row of a rollup that is not what the ledger adds up to: generations and units, recounted and as it stands."""

    rollup: str
    at: datetime | date
    organization_id: int
    # Named as the rollup's columns are.
    of: Mapping[str, Any]
    counted: tuple[int, int]
    stands: tuple[int, int]


def since() -> date | None:
    """Return the day from which on everything can be counted; None where no month of the ledger was detached."""
    first = next(iter(partitions.months()), None)
    if first is None or not UsageDay.objects.filter(day__lt=first).exists():
        return None
    # What happened on the first day may stand in the month before.
    return first + APART


def differences(*, period: BillingPeriod | None = None, since: date | None = None) -> Iterator[Difference]:
    """Compare both rollups with the ledger less what was voided: all of them, or what a billing period counts."""
    named = {"organization": period.organization_id, "period": period.pk} if period else {}
    narrowed = _OF_PERIOD if period else _EVERYTHING
    for model, columns in ((UsageHour, _HOURS), (UsageDay, _DAYS)):
        statement = _DIFFERENCES.format(by=_BY, table=model._meta.db_table, narrowed=narrowed, **columns)
        with connection.cursor() as cursor:
            cursor.execute(statement, {**named, "since": f"{since:%F}" if since else "-infinity"})
            for row in cursor:
                yield _difference(columns["rollup"], row)


def _difference(rollup: str, row: Sequence[Any]) -> Difference:
    at, organization, *dimensions, ours, our_units, theirs, their_units = row
    of = dict(zip(insertion.DIMENSIONS.split(", "), dimensions, strict=True))
    return Difference(rollup, at, organization, of, (int(ours), int(our_units)), (int(theirs), int(their_units)))
