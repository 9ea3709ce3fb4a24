"""What the statement of a billing period would say now: its lines, from the terms that it is rated on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count

from metering import drafting, period_usage, rating, reserved_days, sla_credits, terms
from metering.draft_lines import FOREIGN, OF_GENERATIONS, Line
from metering.models import Adjustment, BillingPeriod, Contract, Generation, Statement
from metering.period_usage import Counted, Slots
from metering.reserved_days import Stretch

__all__ = ["Draft", "Line", "draft", "of_periods"]


@dataclass(frozen=True)
class Draft:
    """The lines of a period in the order of the paper, and what they add up to; below zero it is a credit balance.

    `unpriced` names the lines that no price is agreed for, and amounts in another currency: they are no line.
    """

    terms: rating.Terms
    rated: rating.Rated
    counted: Counted
    lines: tuple[Line, ...]
    total: Decimal
    unpriced: tuple[str, ...] = ()

    @property
    def generations(self) -> int:
        """What the ledger holds of the period."""
        return self.counted.total.generations

    @property
    def billed_generations(self) -> int:
        """What the lines add up to."""
        return sum(line.quantity or 0 for line in self.lines if line.kind in OF_GENERATIONS)

    @property
    def late(self) -> int:
        """Generations of earlier periods in it, without those that were voided."""
        return sum(each.generations for slots in self.counted.late.values() for each in slots.values())

    @property
    def checks(self) -> dict[str, Any]:
        """What a statement keeps of the comparison between ledger and lines."""
        return {"ledger": self.generations, "lines": self.billed_generations, "late": self.late}


def draft(period: BillingPeriod) -> Draft:
    """Draft one period."""
    return of_periods([period])[period.pk]


def of_periods(periods: Iterable[BillingPeriod]) -> dict[int, Draft]:
    """Draft many periods, in a number of statements that does not grow with them."""
    read = _Read(list(periods))
    return {period.pk: _composed(period, read) for period in read.periods}


class _Read:
    """Everything that the drafts of some periods are made of."""

    def __init__(self, periods: Sequence[BillingPeriod]) -> None:
        self.periods = periods
        self.terms = _agreed(period.contract_id for period in periods)
        self.counted = period_usage.of_periods(period.pk for period in periods)
        charged = [period for period in periods if self.terms[period.contract_id].capacity_fee is not None]
        self.reserved: Mapping[int, Sequence[Stretch]] = reserved_days.of_periods(charged)
        self.served = sla_credits.served(periods, self.terms)
        self.money: dict[int, list[Adjustment]] = {}
        for adjustment in Adjustment.objects.money().filter(period__in=periods).order_by("sequence"):
            self.money.setdefault(adjustment.period_id or 0, []).append(adjustment)
        self._read_originals()

    def _read_originals(self) -> None:
        several = {pk: list(counted.late) for pk, counted in self.counted.items() if counted.late}
        self.originals: dict[int, BillingPeriod] = {}
        self.original_terms: dict[int, rating.Terms] = {}
        self.before: Mapping[tuple[int, int], Slots] = {}
        self.voids: Mapping[tuple[int, int], Mapping[tuple[str, str], int]] = {}
        if not several:
            return
        wanted = {original for originals in several.values() for original in originals}
        self.originals = BillingPeriod.objects.select_related("organization", "contract").in_bulk(wanted)
        self.original_terms = _original_terms(self.originals)
        self.before = period_usage.before(several)
        self.voids = _voids(self.counted)


def _agreed(contracts: Iterable[int]) -> dict[int, rating.Terms]:
    rows = Contract.objects.filter(pk__in=set(contracts)).prefetch_related("prices")
    return {contract.pk: terms.snapshot(contract) for contract in rows}


def _original_terms(originals: Mapping[int, BillingPeriod]) -> dict[int, rating.Terms]:
    """The terms as the statements keep them; of a period that is not final yet, as its contract does."""
    agreed = _agreed(period.contract_id for period in originals.values())
    found = {pk: agreed[period.contract_id] for pk, period in originals.items()}
    kept = Statement.objects.statements().filter(period__in=originals)
    for pk, document in kept.values_list("period_id", "document"):
        found[pk] = rating.Terms.from_json(json.loads(document)["terms"])
    return found


def _voids(counted: Mapping[int, Counted]) -> Mapping[tuple[int, int], Mapping[tuple[str, str], int]]:
    """Count what was voided here of earlier periods, by API version and resolution."""
    periods = [pk for pk, one in counted.items() if one.voids]
    found: dict[tuple[int, int], dict[tuple[str, str], int]] = {}
    if periods:
        rows = Adjustment.objects.voids().filter(period__in=periods, original_period__isnull=False)
        rows = rows.filter(**period_usage.BILLED).exclude(service_tier=Generation.Tier.PILOT).order_by()
        summed = rows.values_list("period", "original_period", "api_version", "resolution").annotate(Count("pk"))
        for period, original, version, resolution, count in summed:
            found.setdefault((period or 0, original or 0), {})[version, resolution] = count
    return found


def _composed(period: BillingPeriod, read: _Read) -> Draft:
    agreed, counted = read.terms[period.contract_id], read.counted[period.pk]
    rated = rating.rate(agreed, counted.own, terms.share_of(period))
    late, unpriced = _late(period, read)
    money = read.money.get(period.pk, ())
    standing = [one for one in money if one.currency == agreed.currency]
    lines = (
        *drafting.usage(rated, agreed, period=_path(period)),
        *drafting.pilot(counted, period=_path(period)),
        *drafting.capacity(read.reserved.get(period.pk, ()), agreed),
        *late,
        *sla_credits.lines(period.pk, rated, agreed, read.served),
        *map(_adjusted, standing),
    )
    return Draft(
        terms=agreed,
        rated=rated,
        counted=counted,
        lines=lines,
        total=sum((line.amount for line in lines), rating.rounded(Decimal(0), agreed.currency)),
        unpriced=(
            *(line.name for line in rated.lines if not line.has_price),
            *unpriced,
            # Refused wherever it could come about; if it ever does, one bill waits for somebody, and no page breaks.
            *(f"{FOREIGN}{one} in {one.currency}" for one in money if one not in standing),
        ),
    )


def _late(period: BillingPeriod, read: _Read) -> tuple[list[Line], list[str]]:
    """The lines of earlier periods, the earliest first, and the names of those without a price."""
    lines: list[Line] = []
    unpriced: list[str] = []
    counted = read.counted[period.pk]
    for original in sorted((read.originals[pk] for pk in counted.late), key=lambda one: one.span.lower):
        agreed, more = read.original_terms[original.pk], counted.late[original.pk]
        rated = rating.late(agreed, read.before[period.pk, original.pk], more, terms.share_of(original))
        voids = read.voids.get((period.pk, original.pk), {})
        theirs = drafting.late(rated, agreed, period=_path(period), original=original.label, voids=voids, more=more)
        if agreed.currency == read.terms[period.contract_id].currency:
            lines += theirs
            unpriced += [line.name for line in rated if not line.has_price]
        else:
            elsewhere = [drafting.uncharged(line, agreed.currency) for line in theirs if line.quantity is not None]
            lines += elsewhere
            unpriced += [f"{FOREIGN}{line.name} in {agreed.currency}" for line in elsewhere]
    return lines, unpriced


def _adjusted(adjustment: Adjustment) -> Line:
    return Line(
        kind=adjustment.kind,
        name=adjustment.text or f"{adjustment.get_kind_display()} {adjustment}",
        note=f"{adjustment}, {adjustment.requested_by}, approved by {adjustment.approved_by}",
        quantity=1,
        amount=rating.rounded(adjustment.amount or Decimal(0), adjustment.currency),
    )


def _path(period: BillingPeriod) -> str:
    return f"{period.organization.uid}/{period.label}"
