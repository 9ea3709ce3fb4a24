"""Which rows count for a filter: of the daily rollup where its days are UTC days, else of the hourly one."""

from datetime import UTC, timedelta
from typing import Any, NamedTuple

from django.db.models import DateField, DateTimeField, Expression, F, QuerySet
from django.db.models.functions import TruncDate, TruncMonth

from metering.explorer import grains, spans
from metering.explorer.query import Filter
from metering.models import Adjustment, Generation, UsageDay, UsageHour

# No generation is taken into a period longer after it happened: 35 days to report it, and the period's own beginning.
LATEST = timedelta(days=70)


def are_utc_days(asked: Filter) -> bool:
    """Say whether whole UTC days add up to what is asked."""
    if asked.grain == grains.HOUR:
        return False
    if not asked.is_timed:
        return _is_utc(asked)
    edges = [at for slot in grains.slots(asked.span, asked.grain, asked.zone) for at in (slot.start, slot.end)]
    return all(at.hour == 0 for at in edges)


class Part(NamedTuple):
    """Rows of a rollup; `is_before` where all of them happened before the first bar."""

    rows: QuerySet[Any]
    is_before: bool = False


def counted(asked: Filter) -> list[Part]:
    """Return rows of rollups that hold each generation once; voids are taken out of them.

    A billing period counts late ones too: they happened before its first bar, and come from the days by its id.
    """
    condition, in_days = asked.condition, are_utc_days(asked)
    if asked.is_timed and in_days:
        last = (asked.span.end - spans.HOUR).astimezone(UTC).date()
        return [Part(UsageDay.objects.filter(condition).on_days(asked.span.start.astimezone(UTC).date(), last))]
    if asked.is_timed:
        return [Part(UsageHour.objects.filter(condition).between(asked.span.start, asked.span.end))]
    days = UsageDay.objects.filter(condition)
    on_time = days if in_days else _hours_of_period(asked)
    return [
        Part(on_time.filter(original_period_id=None)),
        Part(days.filter(original_period_id__isnull=False), is_before=True),
    ]


def generations(asked: Filter) -> QuerySet[Generation]:
    """Return the generations behind the filter's numbers, voided ones too; not ordered."""
    rows = Generation.objects.filter(asked.condition)
    if asked.is_timed or asked.period is None:
        return rows.between(asked.span.start, asked.span.end)
    # A gateway's clock may be ahead: what it had told of the next minutes stays in a period that is ended now.
    return rows.between(asked.period.span.lower - LATEST, asked.period.span.upper + spans.HOUR)


def voids(asked: Filter) -> QuerySet[Adjustment]:
    """Return what is taken out of the filter's numbers: voids of generations, wherever those were counted."""
    rows = Adjustment.objects.voids().filter(asked.condition)
    return rows.filter(hour__gte=asked.span.start, hour__lt=asked.span.end) if asked.is_timed else rows


def slot_of(asked: Filter, rows: QuerySet[Any]) -> Expression | F:
    """Return the expression that says to which bar a row of a rollup belongs: an hour, or the day that begins it."""
    if rows.model is UsageDay:
        return F("day") if asked.grain != grains.MONTH else TruncMonth("day", output_field=DateField())
    if asked.grain == grains.HOUR:
        return F("hour")
    if asked.grain == grains.DAY:
        return TruncDate("hour", tzinfo=asked.zone)
    return TruncMonth("hour", tzinfo=asked.zone, output_field=DateTimeField())


def _hours_of_period(asked: Filter) -> QuerySet[UsageHour]:
    """The hours that a billing period touches; its id says which of their generations are its own."""
    rows = UsageHour.objects.filter(asked.condition)
    if asked.period is None:
        return rows.between(asked.span.start, asked.span.end)
    span = asked.period.span
    return rows.between(span.lower - spans.HOUR, span.upper + spans.HOUR)


def _is_utc(asked: Filter) -> bool:
    return all(at.astimezone(asked.zone).utcoffset() == timedelta() for at in (asked.span.start, asked.span.end))
