"""Taking a generation out of what is billed: from the rows of the rollups that counted it, or in the next period."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection

from audit import trail
from metering import insertion, period_openings
from metering.models import BillingPeriod, Contract, Generation

COUNTING = (BillingPeriod.State.OPEN, BillingPeriod.State.REVIEW)

_OTHERS = insertion.DIMENSIONS.removeprefix("period_id, original_period_id, ")
# From the row that counted it, or into one of the next period, which falls below zero by it.
_SUBTRACT = f"""
WITH voided AS (
    SELECT date_trunc('hour', occurred_at, 'UTC') AS hour, organization_id,
        %s::bigint AS period_id, %s::bigint AS original_period_id, {_OTHERS}, units
    FROM metering_generation WHERE generation_id = %s
), hours AS (
    INSERT INTO metering_usagehour AS usage (hour, organization_id, {insertion.DIMENSIONS}, generations, units)
    SELECT hour, organization_id, {insertion.DIMENSIONS}, -1, -units FROM voided
    ON CONFLICT (organization_id, hour, {insertion.DIMENSIONS})
    DO UPDATE SET generations = usage.generations + excluded.generations, units = usage.units + excluded.units
), stale AS (
    INSERT INTO metering_staleday (organization_id, day)
    SELECT organization_id, (hour AT TIME ZONE 'UTC')::date
    FROM voided JOIN metering_summedusage AS summed USING (organization_id)
    WHERE (hour AT TIME ZONE 'UTC')::date <= through
    ON CONFLICT DO NOTHING
)
INSERT INTO metering_usageday AS usage (day, organization_id, {insertion.DIMENSIONS}, generations, units)
SELECT (hour AT TIME ZONE 'UTC')::date, organization_id, {insertion.DIMENSIONS}, -1, -units FROM voided
ON CONFLICT (organization_id, day, {insertion.DIMENSIONS})
DO UPDATE SET generations = usage.generations + excluded.generations, units = usage.units + excluded.units
"""  # noqa: S608 (only names of columns are put together)


@dataclass(frozen=True)
class Place:
    """The period that a void is counted into, and the one that it is about where that is another."""

    period: BillingPeriod | None
    original: BillingPeriod | None


def place(generation: Generation, *, now: datetime) -> Place:
    """Say where a void of it counts; call it under the fence of its organization, so that no period closes meanwhile.

    ValidationError where its period takes no more, and no later one is there or owed.
    """
    period = generation.period
    # Parked usage is in no period's total, and neither is what is taken from it.
    if period is None or period.state in COUNTING:
        return Place(period, generation.original_period)
    original = generation.original_period or period
    later = _next(period) or (_next(period) if _opened(generation, now=now) else None)
    if later is None:
        raise ValidationError(f"{period} takes no more, and no contract of {generation.organization} is in effect now.")
    return Place(later, original)


def subtract(generation: Generation, place: Place) -> None:
    """Take one generation and its units off both rollups, and mark the sums of its day."""
    ids = [one.pk if one else None for one in (place.period, place.original)]
    with connection.cursor() as cursor:
        cursor.execute(_SUBTRACT, [*ids, generation.pk])


def _next(period: BillingPeriod) -> BillingPeriod | None:
    """Return the earliest open period after that one, else the earliest in review: as late generations are counted."""
    after = BillingPeriod.objects.filter(organization=period.organization_id, span__startswith__gte=period.span.upper)
    counting = list(after.filter(state__in=COUNTING).order_by("span"))
    opened = (one for one in counting if one.state == BillingPeriod.State.OPEN)
    return next(opened, next(iter(counting), None))


def _opened(generation: Generation, *, now: datetime) -> bool:
    """Open the periods that the contract in effect owes by now; says whether there were any."""
    contract = Contract.objects.covering(now).filter(organization=generation.organization_id).first()
    return bool(contract and period_openings.open_periods(contract=contract, actor=trail.SYSTEM, through=now))
