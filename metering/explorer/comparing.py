"""What a number is held against: the same filter in the time before."""

from dataclasses import replace
from datetime import UTC

from metering import periods
from metering.explorer import grains, spans
from metering.explorer.query import Filter
from metering.models import BillingPeriod


def before(asked: Filter) -> Filter | None:
    """Return the filter of the time before, None where nobody compares or there is nothing before."""
    if not asked.compares:
        return None
    if asked.period is not None and not asked.is_timed:
        return _period_before(asked, asked.period)
    if asked.span.before is None:
        return None
    # A stretch of time inside a billing period is held against the one before it, in whatever period that was.
    return replace(
        asked, span=asked.span.before, range="", period=None, original="", original_period=None, compares=False
    )


def named(asked: Filter) -> str:
    """Name what a filter is or would be held against, by its length: the day before, the period before."""
    if asked.period is None or asked.is_timed:
        return asked.span.earlier
    return "the period before" if _is_over(asked, asked.period) else "the same days a period before"


def _is_over(asked: Filter, period: BillingPeriod) -> bool:
    return bool(asked.span.end >= period.span.upper)


def _period_before(asked: Filter, period: BillingPeriod) -> Filter | None:
    rows = BillingPeriod.objects.filter(organization_id=period.organization_id, span__fully_lt=period.span)
    found = rows.select_related("organization", "contract").order_by("-span").first()
    if found is None:
        return None
    whole = periods.Span(found.span.lower.astimezone(UTC), found.span.upper.astimezone(UTC))
    span = spans.of_period(whole, found.label, now=asked.now)
    if _is_over(asked, period):
        return replace(asked, period=found, span=span, compares=False)
    # Of a period that still runs as many days are held against those of the one before.
    grain = grains.DAY if asked.grain == grains.MONTH else asked.grain
    slots = grains.slots(span, grain, asked.zone)[: len(grains.slots(asked.span, grain, asked.zone))]
    part = replace(span, end=slots[-1].end)
    label = spans.days(
        slots[0].start.astimezone(asked.zone).date(), (part.end - spans.HOUR).astimezone(asked.zone).date()
    )
    return replace(asked, period=found, span=replace(part, label=label), is_timed=True, compares=False)
