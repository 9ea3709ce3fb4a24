"""A worked example: the usage of a real period rated on the present terms and on others, line by line."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from metering import currencies, period_usage, rating, reserved_days, terms
from metering.models import BillingPeriod
from metering.rating import RatedLine, Terms
from orgs.models import Organization

# So many periods are looked at for one that has usage.
LOOKED_AT = 4
NOTHING = RatedLine("", "")


@dataclass(frozen=True)
class Line:
    """A line of both ratings: how many generations, and what they cost on the present terms and on the others."""

    name: str
    note: str
    quantity: int | None
    before: str
    after: str


@dataclass(frozen=True)
class Example:
    """Both ratings of one period. `is_over` tells a finished one from the present one, so far."""

    period: BillingPeriod
    is_over: bool
    lines: tuple[Line, ...]
    before: str
    after: str
    change: str
    unpriced: tuple[str, ...]


def of(organization: Organization, old: Terms, new: Terms, *, at: datetime) -> Example | None:
    """Rate the last finished period that has usage, or else the present one; None where nothing was generated."""
    rows = organization.billing_periods.filter(span__startswith__lte=at).select_related("contract")
    latest = list(rows.order_by("-span")[:LOOKED_AT])
    counted = period_usage.of_periods(period.pk for period in latest)
    used = [period for period in latest if any(one.generations for one in counted[period.pk].own.values())]
    over = [period for period in used if period.span.upper <= at]
    period = next(iter(over or used), None)
    if period is None:
        return None
    usage, share = counted[period.pk].own, terms.share_of(period)
    unit_days = sum(stretch.unit_days for stretch in reserved_days.of_periods([period])[period.pk])
    return _worked(period, usage, share, unit_days, old, new, is_over=bool(over))


def resolutions(organization: Organization, *, at: datetime) -> list[str]:
    """Name the resolutions that were generated of late: those that prices can be agreed for."""
    latest = organization.billing_periods.filter(span__startswith__lte=at).order_by("-span")[:LOOKED_AT]
    counted = period_usage.of_periods(period.pk for period in latest)
    return sorted({resolution for one in counted.values() for _, resolution in one.own if resolution})


def _worked(
    period: BillingPeriod,
    usage: rating.Usage,
    share: Fraction,
    unit_days: int,
    old: Terms,
    new: Terms,
    *,
    is_over: bool,
) -> Example:
    before, after = rating.rate(old, usage, share), rating.rate(new, usage, share)
    fees = [rating.rounded((each.capacity_fee or Decimal(0)) * unit_days, each.currency) for each in (old, new)]
    totals = before.total + fees[0], after.total + fees[1]
    lines = [_line(*pair, old, new) for pair in _pairs(before.lines, after.lines)]
    if any(fees):
        said = currencies.said(fees[0], old.currency), currencies.said(fees[1], new.currency)
        lines.append(Line("Dedicated capacity", f"{unit_days:,} unit days", None, *said))
    return Example(
        period,
        is_over,
        tuple(lines),
        currencies.said(totals[0], old.currency),
        currencies.said(totals[1], new.currency),
        _change(*totals) if old.currency == new.currency else "",
        tuple(line.name for line in after.lines if not line.has_price),
    )


def _pairs(old: tuple[RatedLine, ...], new: tuple[RatedLine, ...]) -> list[tuple[RatedLine, RatedLine]]:
    """Put the lines for the same usage side by side: in the new order, then those that are no more."""
    was, now = {line.slot: line for line in old}, {line.slot: line for line in new}
    slots = {**now, **was}
    pairs = [(was.get(slot, NOTHING), now.get(slot, NOTHING)) for slot in slots]
    # What is missing to the minimum stands last, also where only one of the two has it.
    return sorted(pairs, key=lambda pair: "minimum" in (pair[0].kind, pair[1].kind))


def _line(before: RatedLine, after: RatedLine, old: Terms, new: Terms) -> Line:
    line = before if after is NOTHING else after
    return Line(
        line.name,
        f"{line.included:,} of them included" if line.included else "",
        line.quantity if line.kind == "usage" else None,
        _said(before, old.currency),
        _said(after, new.currency),
    )


def _said(line: RatedLine, currency: str) -> str:
    if line is NOTHING:
        return "–"
    return currencies.said(line.amount, currency) if line.has_price else "no price"


def _change(before: Decimal, after: Decimal) -> str:
    if before == 0 or before == after:
        return ""
    percent = (after - before) / before * 100
    return f"{'+' if percent > 0 else '−'}{abs(percent):.1f}%"
