"""What happened to a billing period beside what was counted: late generations, voids, adjustments, and its review."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Q

from audit import plurals
from metering import currencies, period_names
from metering.explorer import generations_url
from metering.models import Adjustment, BillingPeriod, Generation
from metering.models.generations import ids_between
from metering.papers.reading import Paper
from metering.reconciling import LATEST


@dataclass(frozen=True)
class Told:
    """An item as `ui/_event.html` draws it; `at` orders them, None for what has no single time."""

    icon: str
    text: str
    note: str
    href: str = ""
    at: datetime | None = None


def of(period: BillingPeriod, paper: Paper) -> list[Told]:
    """Return what is told of a period, the newest first."""
    found = [*_adjusted(period), *_voided(period), *_late(period, paper), *_lived(period)]
    return sorted(found, key=lambda one: one.at or period.span.upper, reverse=True)


def _adjusted(period: BillingPeriod) -> Iterator[Told]:
    about = Q(period=period) | Q(original_period=period)
    rows = Adjustment.objects.money().filter(about, organization=period.organization_id)
    for one in rows.select_related("period", "original_period"):
        amount = currencies.said(abs(one.amount or Decimal(0)), one.currency)
        text = f"{one.get_kind_display()} of {amount}{f': {one.text}' if one.text else ''}"
        note = f"{one}, asked by {one.requested_by}, approved by {one.approved_by}{_where(one, period)}"
        yield Told("banknotes", text, note, at=one.created_at)


def _where(adjustment: Adjustment, period: BillingPeriod) -> str:
    if adjustment.period_id != period.pk and adjustment.period is not None:
        return f", counted in {adjustment.period.mentioned}"
    if adjustment.original_period is not None and adjustment.original_period_id != period.pk:
        return f", about {adjustment.original_period.mentioned}"
    return ""


def _voided(period: BillingPeriod) -> Iterator[Told]:
    rows = Adjustment.objects.voids().filter(period=period, organization=period.organization_id)
    for label, count, at in rows.values_list("original_period__label").annotate(Count("pk"), Max("created_at")):
        about = f" of {period_names.mentioned(label)}" if label else ""
        text = f"{plurals.counted(count, 'generation')}{about} {'was' if count == 1 else 'were'} voided"
        yield Told("minus-circle", text, "taken out of this period", at=at)


def _late(period: BillingPeriod, paper: Paper) -> Iterator[Told]:
    """What this period counts of earlier ones; when the last of them came, the ledger says."""
    quantities: dict[str, int] = {}
    for line in paper.lines:
        if line.kind == "late" and line.opens:
            original = str(line.opens["original"])
            quantities[original] = quantities.get(original, 0) + (line.quantity or 0)
    at = _last_arrival(period) if quantities else None
    for original, quantity in quantities.items():
        many, when = plurals.counted(quantity, "generation"), period_names.mentioned(original)
        text = f"{many} of {when} arrived after it was final"
        href = generations_url({"period": f"{period.organization.uid}/{period.label}", "original": original})
        yield Told("clock", text, "placed here", href, at=at)


def _last_arrival(period: BillingPeriod) -> datetime | None:
    first, last = ids_between(period.span.lower - LATEST, period.span.upper)
    rows = Generation.objects.filter(organization=period.organization_id, generation_id__range=(first, last), late=True)
    return rows.filter(period=period).aggregate(at=Max("received_at"))["at"]


def _lived(period: BillingPeriod) -> Iterator[Told]:
    zone = period.contract.zone
    if period.review_until is not None:
        until = f"until {period.review_until.astimezone(zone):%-d %b %Y, %H:%M}"
        yield Told("eye", "The review window opened", until, at=period.span.upper)
    if period.held_at is not None:
        yield Told("pause-circle", f"Held: {period.hold_reason}", period.held_by, at=period.held_at)
    if period.override_at is not None:
        text = f"Closed all the same: {period.override_reason}"
        yield Told("shield-exclamation", text, period.override_by, at=period.override_at)
    if period.finished_at is not None:
        when = f"{period.finished_at.astimezone(zone):%-d %b %Y, %H:%M}"
        yield Told("lock-closed", "Made final", when, at=period.finished_at)
