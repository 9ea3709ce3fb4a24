"""The rollups counted anew from the ledger and the voids, sums of days from their hours, and each difference named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

from metering import insertion, partitions, summing
from metering.models import BillingPeriod, SummedUsage, UsageDay, UsageHour
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
_COUNTED = "v2 + v1 + failed_v2 + failed_v1"
# Beside them what else a sum holds, so that nothing in it can differ unseen.
_SUMS = f"""
SELECT day, organization_id, zone, period_id, original_period_id, environment, told, value,
    coalesce(sum({_COUNTED}) FILTER (WHERE side > 0), 0), coalesce(sum(units_v2 + units_v1) FILTER (WHERE side > 0), 0),
    coalesce(sum({_COUNTED}) FILTER (WHERE side < 0), 0), coalesce(sum(units_v2 + units_v1) FILTER (WHERE side < 0), 0)
FROM (
    SELECT *, 1 AS side FROM ({summing.SUMMED}) AS recounted ({summing.COLUMNS})
    UNION ALL
    SELECT {summing.COLUMNS}, -1 FROM metering_daysum
    WHERE organization_id = %(organization)s AND day >= %(first)s AND day <= %(last)s
) AS both_of_them
WHERE (%(period)s::bigint IS NULL OR period_id = %(period)s::bigint) AND EXISTS (
    SELECT FROM metering_summedusage AS summed
    WHERE summed.organization_id = %(organization)s AND summed.zone = %(zone)s AND day <= through
) AND NOT EXISTS (
    SELECT FROM metering_staleday AS stale
    WHERE stale.organization_id = %(organization)s AND stale.day = both_of_them.day
)
GROUP BY {summing.PLACE}, told, value
HAVING ({", ".join(f"sum(side * {column})" for column in summing.SUMS)}) <> ({", ".join("0" for _ in summing.SUMS)})
ORDER BY day, zone, told, value
"""  # noqa: S608 (put together from what stands there)
_MONTH = timedelta(days=31)


@dataclass(frozen=True)
class Difference:
    """A row that is not what `source` adds up to: generations and units, recounted and as it stands."""

    rollup: str
    at: datetime | date
    organization_id: int
    # Named as the rollup's columns are.
    of: Mapping[str, Any]
    counted: tuple[int, int]
    stands: tuple[int, int]
    source: str = "ledger"


def since() -> date | None:
    """Return the day from which on everything can be counted; None where no month of the ledger was detached."""
    first = next(iter(partitions.months()), None)
    if first is None or not UsageDay.objects.filter(day__lt=first).exists():
        return None
    # What happened on the first day may stand in the month before.
    return first + APART


def differences(*, period: BillingPeriod | None = None, since: date | None = None) -> Iterator[Difference]:
    """Compare both rollups with the ledger less what was voided, and sums with hours: all, or a billing period's."""
    named = {"organization": period.organization_id, "period": period.pk} if period else {}
    narrowed = _OF_PERIOD if period else _EVERYTHING
    for model, columns in ((UsageHour, _HOURS), (UsageDay, _DAYS)):
        statement = _DIFFERENCES.format(by=_BY, table=model._meta.db_table, narrowed=narrowed, **columns)
        with connection.cursor() as cursor:
            cursor.execute(statement, {**named, "since": f"{since:%F}" if since else "-infinity"})
            for row in cursor:
                yield _difference(columns["rollup"], row)
    yield from _of_sums(period)


def _of_sums(period: BillingPeriod | None) -> Iterator[Difference]:
    """Compare a month of one organization at a time; a day that is stale is not told from its sums."""
    reached = SummedUsage.objects.filter(**({"organization": period.organization_id} if period else {}))
    for summed in reached.order_by("organization"):
        days = UsageDay.objects.filter(organization=summed.organization_id)
        first = days.order_by("day").values_list("day", flat=True).first() or summed.through
        while first <= summed.through:
            last = min(first + _MONTH, summed.through)
            yield from _of_some(summed, first, last, period)
            first = last + timedelta(days=1)


def _of_some(summed: SummedUsage, first: date, last: date, period: BillingPeriod | None) -> Iterator[Difference]:
    start, end = (datetime.combine(day, time.min, UTC) for day in (first, last + timedelta(days=1)))
    whose = {"organization": summed.organization_id, "zone": summed.zone, "period": period.pk if period else None}
    values: dict[str, Any] = {**whose, "first": first, "last": last, "start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, values)
        for at, organization, *of, ours, our_units, theirs, their_units in cursor:
            named = dict(
                zip(("zone", "period_id", "original_period_id", "environment", "told", "value"), of, strict=True)
            )
            counted, stands = (int(ours), int(our_units)), (int(theirs), int(their_units))
            yield Difference("summed", at, organization, named, counted, stands, source="hours")


def _difference(rollup: str, row: Sequence[Any]) -> Difference:
    at, organization, *dimensions, ours, our_units, theirs, their_units = row
    of = dict(zip(insertion.DIMENSIONS.split(", "), dimensions, strict=True))
    return Difference(rollup, at, organization, of, (int(ours), int(our_units)), (int(theirs), int(their_units)))
