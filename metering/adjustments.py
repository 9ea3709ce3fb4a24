"""Changing a bill takes two people: one asks, another one decides, and what was decided is never changed."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from audit import trail
from audit.verbs import Verb
from metering import adjustment_rules, fences, voiding
from metering.models import Adjustment, AdjustmentRequest, BillingPeriod, Generation
from orgs.models import Staff

# Advisory locks of one database share one space of numbers; this is the part of the numbers of adjustments.
_NUMBERS = 79 << 48
# What a void keeps of its generation, so that the row of the rollups that it changed is known for good.
_TAKEN_ALONG = (
    "occurred_at", "key_id", "environment", "api_version", "outcome", "units", "resolution", "aspect_ratio",
    "service_tier", "failure_cause",
)  # fmt: skip


@transaction.atomic
def ask_to_void(
    *, generation: Generation, asker: Staff, actor: trail.Actor, reason: str, ticket: str = ""
) -> AdjustmentRequest:
    """Ask that a generation is not billed. ValidationError where it is not, or somebody has asked already."""
    if problem := adjustment_rules.voiding_problem(generation):
        raise ValidationError(problem)
    asked = AdjustmentRequest(
        organization=generation.organization,
        kind=AdjustmentRequest.Kind.VOID,
        generation_id=generation.pk,
    )
    return _ask(asked, asker=asker, actor=actor, reason=reason, ticket=ticket)


@transaction.atomic
def ask_for_money(
    *,
    period: BillingPeriod,
    kind: str,
    amount: Decimal,
    text: str,
    asker: Staff,
    actor: trail.Actor,
    reason: str,
    ticket: str = "",
    original: BillingPeriod | None = None,
) -> AdjustmentRequest:
    """Ask for a credit, a charge or a correction on the bill of a period that is open or in review.

    The amount of a credit or a charge has no sign; that of a correction is below zero in the customer's favour.
    `original` is the period that it is about, where that is another one. ValidationError where it cannot be.
    """
    # A close comes before or after: on a bill that is final nothing would be left to decide.
    fences.share([period.organization_id])
    period.refresh_from_db(fields=["state", "contract"])
    currency = period.contract.currency
    signed = adjustment_rules.signed(kind, amount, currency=currency)
    adjustment_rules.check_text(text)
    adjustment_rules.check_counting(period)
    adjustment_rules.check_original(original, period)
    asked = AdjustmentRequest(
        organization=period.organization,
        kind=kind,
        period=period,
        original_period=original,
        text=text,
        amount=signed,
        currency=currency,
    )
    return _ask(asked, asker=asker, actor=actor, reason=reason, ticket=ticket)


@transaction.atomic
def approve_adjustment(
    *, request: AdjustmentRequest, decider: Staff, actor: trail.Actor, now: datetime, reason: str = ""
) -> Adjustment:
    """Change the bill as somebody else asked. ValidationError where it is decided already, one's own, or cannot be."""
    fences.alone(request.organization_id)
    request = _lock(request)
    _check_other(request, decider)
    made = _void(request, now=now) if request.kind == AdjustmentRequest.Kind.VOID else _money(request)
    _decide(request, AdjustmentRequest.State.APPROVED, decider=decider, now=now, reason=reason)
    made.sequence = _next_number()
    made.number = f"ADJ-{made.sequence:04d}"
    made.requested_by, made.approved_by = (trail.as_named(str(one)) for one in (request.requested_by, decider))
    made.created_at = now
    made.save(force_insert=True)
    detail = _said(request) | {"number": made.number}
    _record(Verb.ADJUSTMENT_APPROVED, request, actor=actor, reason=reason or request.reason, detail=detail)
    return made


@transaction.atomic
def decline_adjustment(
    *, request: AdjustmentRequest, decider: Staff, actor: trail.Actor, now: datetime, reason: str
) -> AdjustmentRequest:
    """Leave the bill as it is. ValidationError where the request is decided already, or one's own."""
    request = _lock(request)
    _check_other(request, decider)
    _decide(request, AdjustmentRequest.State.DECLINED, decider=decider, now=now, reason=reason)
    _record(Verb.ADJUSTMENT_DECLINED, request, actor=actor, reason=reason)
    return request


@transaction.atomic
def withdraw_adjustment(
    *, request: AdjustmentRequest, asker: Staff, actor: trail.Actor, now: datetime, reason: str = ""
) -> AdjustmentRequest:
    """Take back what one has asked for oneself. ValidationError where it is decided already, or somebody else's."""
    request = _lock(request)
    if request.requested_by_id != asker.pk:
        raise ValidationError(f"{request.requested_by} asked for this. Decline it, if it should not be.")
    _decide(request, AdjustmentRequest.State.WITHDRAWN, decider=asker, now=now, reason=reason)
    _record(Verb.ADJUSTMENT_WITHDRAWN, request, actor=actor, reason=reason)
    return request


def _ask(asked: AdjustmentRequest, *, asker: Staff, actor: trail.Actor, reason: str, ticket: str) -> AdjustmentRequest:
    asked.requested_by = asker
    asked.reason, asked.ticket = trail.cleaned_reason(reason), trail.cleaned_ticket(ticket)
    asked.validate_constraints()
    asked.save(force_insert=True)
    _record(Verb.ADJUSTMENT_ASKED, asked, actor=actor, reason=reason, state=(None, asked.state))
    return asked


def _lock(request: AdjustmentRequest) -> AdjustmentRequest:
    rows = AdjustmentRequest.objects.select_for_update(of=("self",))
    locked = rows.select_related(
        "organization", "requested_by", "period__organization", "period__contract", "original_period"
    ).get(pk=request.pk)
    if not locked.is_waiting:
        said = locked.get_state_display().lower()
        raise ValidationError(f"This request is {said}, by {locked.decided_by}. Nothing was changed.")
    return locked


def _check_other(request: AdjustmentRequest, decider: Staff) -> None:
    if request.requested_by_id == decider.pk:
        raise ValidationError("Nobody decides what they asked for themselves. Somebody else has to.")


def _void(request: AdjustmentRequest, *, now: datetime) -> Adjustment:
    """Take the generation off the rollups, and return what is to be written down of it."""
    rows = Generation.objects.select_related("organization", "period__organization", "original_period")
    generation = rows.filter(pk=request.generation_id).first() if request.generation_id else None
    if generation is None:
        raise ValidationError("The month of this generation is archived: it can be voided no more.")
    place = voiding.place(generation, now=now)
    voiding.subtract(generation, place)
    request.period, request.original_period = place.period, place.original
    made = _copied(request)
    for name in _TAKEN_ALONG:
        setattr(made, name, getattr(generation, name))
    made.hour = generation.occurred_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return made


def _money(request: AdjustmentRequest) -> Adjustment:
    if request.period is not None:
        adjustment_rules.check_counting(request.period)
        adjustment_rules.check_same_currency(request)
    return _copied(request)


def _copied(request: AdjustmentRequest) -> Adjustment:
    return Adjustment(
        request=request,
        organization=request.organization,
        kind=request.kind,
        generation_id=request.generation_id,
        period=request.period,
        original_period=request.original_period,
        amount=request.amount,
        currency=request.currency,
        text=request.text,
    )


def _decide(request: AdjustmentRequest, state: str, *, decider: Staff, now: datetime, reason: str) -> None:
    request.state, request.decided_by, request.decided_at = state, decider, now
    request.decision_reason = trail.cleaned_reason(reason)
    names = ["state", "decided_by", "decided_at", "decision_reason"]
    request.save(update_fields=[*names, "period", "original_period"] if request.is_void else names)


def _next_number() -> int:
    """Return the next number, without a gap: whoever comes next waits for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [_NUMBERS])
        cursor.execute("SELECT coalesce(max(sequence), 0) + 1 FROM metering_adjustment")
        number: int = cursor.fetchone()[0]
    return number


def _said(request: AdjustmentRequest) -> dict[str, str | int]:
    """What an event tells of a request."""
    told = {
        "kind": request.kind,
        "amount": request.amount_said,
        "period": request.period.label if request.period else "",
        "original_period": request.original_period.label if request.original_period else "",
    }
    return {name: value for name, value in told.items() if value}


def _record(
    verb: Verb,
    request: AdjustmentRequest,
    *,
    actor: trail.Actor,
    reason: str,
    state: tuple[str | None, str] | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    further = []
    if request.generation_id:
        further.append(trail.Target("generation", str(request.generation_id), str(request.generation_id)))
    trail.record(
        verb,
        actor=actor,
        target=request.target,
        organization=request.organization.target,
        further=further,
        changes={"state": state or (AdjustmentRequest.State.PROPOSED, request.state)},
        detail=detail or _said(request),
        reason=reason,
        ticket=request.ticket,
        approval=request.uid if request.state == AdjustmentRequest.State.APPROVED else "",
    )
