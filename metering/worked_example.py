"""A worked example: a real period rated on the present terms and on others, line by line.

It is what the draft of the period says without late generations and adjustments.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from metering import currencies, drafting, period_usage, rating, reserved_days, sla_credits, terms
from metering.draft_lines import Line as Charge
from metering.models import BillingPeriod
from metering.period_usage import Slots
from metering.rating import Rated, RatedLine, Terms
from metering.reserved_days import Stretch
from metering.sla_credits import Served
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
class _Facts:
    """What happened in a period: what was generated, reserved, and how it was served."""

    period: BillingPeriod
    usage: Slots
    reserved: Sequence[Stretch]
    served: Served


@dataclass(frozen=True)
class _Bill:
    """What a period costs on some terms: usage, and what is charged or given back besides."""

    terms: Terms
    rated: Rated
    capacity: Decimal
    credits: Mapping[str, Charge]

    @property
    def total(self) -> Decimal:
        return self.rated.total + self.capacity + sum((one.amount for one in self.credits.values()), Decimal(0))


@dataclass(frozen=True)
class Example:
    """Both ratings of one period. `is_over` tells a finished one from the present one, so far; `is_agreed`, whether
    the present terms are those that the period is billed on.
    """

    period: BillingPeriod
    is_over: bool
    is_agreed: bool
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
    # Asked of a period, not of its contract: either terms may give credits.
    served = sla_credits.served([period], {period.contract_id: old if old.sla_credits else new})
    facts = _Facts(period, counted[period.pk].own, reserved_days.of_periods([period])[period.pk], served)
    return _worked(facts, _bill(facts, old), _bill(facts, new), is_over=bool(over))


def resolutions(organization: Organization, *, at: datetime) -> list[str]:
    """Name the resolutions that were generated of late: those that prices can be agreed for."""
    latest = organization.billing_periods.filter(span__startswith__lte=at).order_by("-span")[:LOOKED_AT]
    counted = period_usage.of_periods(period.pk for period in latest)
    return sorted({resolution for one in counted.values() for _, resolution in one.own if resolution})


def _bill(facts: _Facts, agreed: Terms) -> _Bill:
    rated = rating.rate(agreed, facts.usage, terms.share_of(facts.period))
    capacity = sum((line.amount for line in drafting.capacity(facts.reserved, agreed)), Decimal(0))
    given = {line.name: line for line in sla_credits.lines(facts.period.pk, rated, agreed, facts.served)}
    return _Bill(agreed, rated, capacity, given)


def _worked(facts: _Facts, before: _Bill, after: _Bill, *, is_over: bool) -> Example:
    old, new = before.terms, after.terms
    rated = [_line(*pair, old, new) for pair in _pairs(before.rated.lines, after.rated.lines)]
    return Example(
        facts.period,
        is_over,
        facts.period.contract.number == old.number,
        (*rated, *_beside(facts, before, after)),
        currencies.said(before.total, old.currency),
        currencies.said(after.total, new.currency),
        _change(before.total, after.total) if old.currency == new.currency else "",
        tuple(line.name for line in after.rated.lines if not line.has_price),
    )


def _beside(facts: _Facts, before: _Bill, after: _Bill) -> Iterator[Line]:
    """Yield what is no usage: reserved capacity, then what is given back for how it was served."""
    if before.capacity or after.capacity:
        days = sum(stretch.unit_days for stretch in facts.reserved)
        said = [currencies.said(each.capacity, each.terms.currency) for each in (before, after)]
        yield Line("Dedicated capacity", f"{days:,} unit days", None, said[0], said[1])
    for name in dict.fromkeys([*before.credits, *after.credits]):
        was, now = before.credits.get(name), after.credits.get(name)
        said = [
            currencies.said(one.amount, each.terms.currency) if one else "–"
            for one, each in ((was, before), (now, after))
        ]
        yield Line(name, (now or was or Charge("", "")).note, None, said[0], said[1])


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
