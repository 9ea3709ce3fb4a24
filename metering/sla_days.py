"""How an organization was served: by day, by month, by billing period, and whose fault it was where it was not."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from keys.models import ApiKey
from metering import histograms
from metering.models import Adjustment, BillingPeriod, Generation, SlaDay, UsageDay
from metering.models.sla import SlaDayQuerySet
from metering.sla import Measured
from orgs.models import Organization

MONTHS = 13
COUNTS = ("succeeded", "bad", "excluded", "refused")
OUTSIDE = (Generation.FailureCause.CONTENT, Generation.FailureCause.CLIENT)
NO_ROOM = "CAPACITY_EXHAUSTED"
_REFUSED = """
SELECT period.id, hours.api_version, sum(calls) FROM metering_billingperiod AS period
JOIN keys_decisionhour AS hours ON hours.organization_id = period.organization_id
    AND hours.hour >= lower(period.span) AND hours.hour < upper(period.span) AND hours.code = %s
JOIN keys_apikey AS key ON key.id = hours.key_id AND key.environment = 'live'
WHERE period.id = ANY (%s) GROUP BY 1, 2
"""


def months(now: datetime) -> list[date]:
    """Return the first days of this month in UTC and of the twelve before it, the latest first."""
    index = today(now).year * 12 + today(now).month - 1
    return [_first_day(index - n) for n in range(MONTHS)]


def today(now: datetime) -> date:
    """Return the UTC day."""
    return now.astimezone(UTC).date()


def last_day(month: date) -> date:
    """Return the last day of the month that begins on that day."""
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def by_day(organization: Organization, first: date, last: date) -> dict[tuple[date, str], Measured]:
    """Return each of these UTC days by day and API version, the last one included; days without use are left out."""
    rows = SlaDay.objects.filter(organization=organization).on_days(first, last)
    return {(row.day, row.api_version): of(row) for row in rows}


def by_month(organization: Organization, *, now: datetime) -> dict[tuple[date, str], Measured]:
    """Return the last 13 months by first day and API version."""
    found: dict[tuple[date, str], Measured] = {}
    rows = SlaDay.objects.filter(organization=organization, day__gte=months(now)[-1])
    for row in rows.defer("stages").iterator():
        part = Measured(row.succeeded, row.bad, row.excluded, row.refused, histograms.parsed(row.durations))
        found.setdefault((row.day.replace(day=1), row.api_version), Measured()).merge(part)
    return found


def counts_by_month(rows: SlaDayQuerySet) -> dict[tuple[int, date, str], Measured]:
    """Count by organization, month and API version, without the times that things took: for boards over many."""
    grouped = rows.order_by().annotate(month=TruncMonth("day")).values_list("organization_id", "month", "api_version")
    summed = grouped.annotate(*(Sum(name) for name in COUNTS))
    return {(row[0], row[1], row[2]): Measured(*row[3:]) for row in summed}


def by_period(periods: Iterable[BillingPeriod]) -> dict[tuple[int, str], Measured]:
    """Return billing periods by their primary key and API version: what was counted into them, whenever it happened.

    What was voided there of an earlier period is not taken off: this one was served no worse for it. Refusals count in
    the period in which their hour began. Without the times that things took: a period's days are not those of UTC.
    """
    ids = [period.pk for period in periods]
    rows = UsageDay.objects.of_keys(ApiKey.Environment.LIVE).filter(period__in=ids).order_by()
    found: dict[tuple[int, str], Measured] = {}
    for (period, version), voids in _voided_of_earlier(ids).items():
        found.setdefault((period, version), Measured()).succeeded += voids
    grouped = rows.values_list("period_id", "api_version", "outcome", "failure_cause")
    for period, version, outcome, cause, generations in grouped.annotate(Sum("generations")):
        _count(found.setdefault((period or 0, version), Measured()), outcome, cause, generations)
    with connection.cursor() as cursor:
        cursor.execute(_REFUSED, [NO_ROOM, ids])
        for period, version, calls in cursor.fetchall():
            found.setdefault((period, version), Measured()).refused += int(calls)
    return found


def failures(organization: Organization, first: date, last: date, api_version: str) -> dict[str, int]:
    """Count what failed on these UTC days by its cause, "" where no gateway said one."""
    rows = UsageDay.objects.of_keys(ApiKey.Environment.LIVE).on_days(first, last).order_by()
    failed = rows.filter(organization=organization, api_version=api_version, outcome=Generation.Outcome.FAILED)
    return dict(failed.values_list("failure_cause").annotate(Sum("generations")))


def of(row: SlaDay) -> Measured:
    """Return what a row says."""
    stages = {stage: histograms.parsed(stored) for stage, stored in row.stages.items()}
    return Measured(row.succeeded, row.bad, row.excluded, row.refused, histograms.parsed(row.durations), stages)


def _voided_of_earlier(periods: Iterable[int]) -> dict[tuple[int, str], int]:
    rows = Adjustment.objects.voids().filter(period__in=periods, original_period__isnull=False)
    rows = rows.filter(environment=ApiKey.Environment.LIVE, outcome=Generation.Outcome.SUCCEEDED).order_by()
    counted = rows.values_list("period", "api_version").annotate(Count("pk"))
    return {(period or 0, version): voids for period, version, voids in counted}


def _count(measured: Measured, outcome: str, cause: str, generations: int) -> None:
    if outcome == Generation.Outcome.SUCCEEDED:
        measured.succeeded += generations
    elif cause in OUTSIDE:
        measured.excluded += generations
    else:
        measured.bad += generations


def _first_day(index: int) -> date:
    year, month = divmod(index, 12)
    return date(year, month + 1, 1)
