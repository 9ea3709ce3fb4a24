"""A billing period's way from open to final. Each step is a transaction, and may be repeated by whoever comes next."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from metering import closing, closing_facts, currencies, drafts, fences, period_usage, statements
from metering.closing import State
from metering.models import BillingPeriod

UNDONE = "Nothing was changed."


@transaction.atomic
def begin_review(*, period: BillingPeriod, actor: trail.Actor, now: datetime) -> BillingPeriod:
    """Let people look at a period that has ended. ValidationError where it has not, or is past that."""
    period = _lock(period)
    if period.state != State.OPEN or now < period.span.upper:
        raise ValidationError(f"{period} {_standing(period)}. {UNDONE}")
    days, zone = period.contract.review_days, period.zone
    period.state = State.REVIEW
    period.review_until = closing.review_until(period.span.upper, days=days, zone=zone, now=now)
    period.save(update_fields=["state", "review_until"])
    changes = {"state": (State.OPEN, State.REVIEW), "review_until": (None, _written(period.review_until))}
    _record(Verb.PERIOD_REVIEW_BEGUN, period, actor=actor, changes=changes, detail={"until": _clock(period)})
    return period


@transaction.atomic
def hold_period(
    *, period: BillingPeriod, actor: trail.Actor, now: datetime, reason: str, ticket: str = ""
) -> BillingPeriod:
    """Keep a period from being closed until it is released. ValidationError where it is held, closing or final."""
    period = _lock(period)
    _check_not_closing(period)
    if period.is_held:
        raise ValidationError(f"{period} is held already. {UNDONE}")
    _record(Verb.PERIOD_HELD, period, actor=actor, changes={"held": (False, True)}, reason=reason, ticket=ticket)
    period.held_at, period.held_by = now, trail.as_named(actor.label)
    period.hold_reason = trail.cleaned_reason(reason)
    period.save(update_fields=["held_at", "held_by", "hold_reason"])
    return period


@transaction.atomic
def release_period(*, period: BillingPeriod, actor: trail.Actor, reason: str = "", ticket: str = "") -> BillingPeriod:
    """Let a held period go on. ValidationError where nobody holds it."""
    period = _lock(period)
    if not period.is_held:
        raise ValidationError(f"{period} is not held. {UNDONE}")
    period.held_at, period.held_by, period.hold_reason = None, "", ""
    period.save(update_fields=["held_at", "held_by", "hold_reason"])
    _record(Verb.PERIOD_RELEASED, period, actor=actor, changes={"held": (True, False)}, reason=reason, ticket=ticket)
    return period


@transaction.atomic
def override_agreement(
    *, period: BillingPeriod, actor: trail.Actor, now: datetime, reason: str, ticket: str = ""
) -> BillingPeriod:
    """Let a period be closed although gateway counts differ or usage has no price.

    ValidationError where it is not in review, or neither is so.
    """
    period = _lock(period)
    if period.state != State.REVIEW:
        raise ValidationError(f"{period} {_standing(period)}. {UNDONE}")
    found = closing.overridable(closing.blockers(closing_facts.of_period(period, at=now)))
    if not found:
        raise ValidationError(f"Nothing in the way of {period} can be overridden. {UNDONE}")
    changes = {"overridden": (False, True)}
    detail = {"blockers": closing.said(found).rstrip(".")}
    _record(Verb.PERIOD_OVERRIDDEN, period, actor=actor, changes=changes, detail=detail, reason=reason, ticket=ticket)
    period.override_at, period.override_by = now, trail.as_named(actor.label)
    period.override_reason = trail.cleaned_reason(reason)
    period.save(update_fields=["override_at", "override_by", "override_reason"])
    return period


@transaction.atomic
def begin_closing(
    *,
    period: BillingPeriod,
    actor: trail.Actor,
    now: datetime,
    early: bool = False,
    reason: str = "",
    ticket: str = "",
) -> BillingPeriod:
    """Count nothing more into a period: what comes in from now on is late.

    `early`: before its review window ends, with a reason. ValidationError says what is in the way.
    """
    period = _lock(period)
    if period.state != State.REVIEW:
        raise ValidationError(f"{period} {_standing(period)}. {UNDONE}")
    if early and not reason.strip():
        raise trail.ReasonRequired(Verb.PERIOD_CLOSING_BEGUN)
    if found := closing.blockers(closing_facts.of_period(period, at=now), early=early):
        raise ValidationError(f"{closing.said(found)} {UNDONE}")
    period.state = State.CLOSING
    period.save(update_fields=["state"])
    changes = {"state": (State.REVIEW, State.CLOSING)}
    _record(
        Verb.PERIOD_CLOSING_BEGUN,
        period,
        actor=actor,
        changes=changes,
        detail={"early": "yes"} if early else {},
        reason=reason,
        ticket=ticket,
    )
    return period


@transaction.atomic
def finish_closing(
    *, period: BillingPeriod, actor: trail.Actor, now: datetime, draft: drafts.Draft | None = None
) -> BillingPeriod:
    """Issue the statement of a period that is closing, and make it final.

    `draft` was made while it was closing already, so that nothing in it can have changed. ValidationError where the
    period is not closing, or final.
    """
    period = _lock(period)
    if period.state != State.CLOSING:
        raise ValidationError(f"{period} {_standing(period)}. {UNDONE}")
    period.state, period.finished_at = State.FINAL, now
    period.save(update_fields=["state", "finished_at"])
    _issue([(period, draft or drafts.draft(period))], actor=actor, now=now, before=State.CLOSING)
    return period


def close_unchanged(*, period: BillingPeriod, actor: trail.Actor, now: datetime, draft: drafts.Draft) -> BillingPeriod:
    """Take a reviewed period in which nothing was found to be in the way to final, with the draft that was made of it.

    ValidationError where something was counted or adjusted since, it is held meanwhile, or has gone on.
    """
    if not close_together(examined=[(period, draft)], actor=actor, now=now):
        raise ValidationError(f"{period} has changed meanwhile. {UNDONE}")
    return period


@transaction.atomic
def close_together(
    *, examined: Sequence[tuple[BillingPeriod, drafts.Draft]], actor: trail.Actor, now: datetime
) -> set[int]:
    """Do so for periods of several organizations, one of each, in a number of statements that does not grow with them.

    Returns the ids of those that became final; the others have changed meanwhile, and are as they were.
    """
    fences.all_alone(period.organization_id for period, _ in examined)
    finals = period_usage.finish_unchanged({period.pk: draft.counted for period, draft in examined}, now=now)
    closed = [(period, draft) for period, draft in examined if period.pk in finals]
    if closed:
        _issue(closed, actor=actor, now=now, before=State.REVIEW)
    for period, _ in closed:
        period.state, period.finished_at = State.FINAL, now
    return finals


def finish_period(
    *, period: BillingPeriod, actor: trail.Actor, now: datetime, reason: str, ticket: str = ""
) -> BillingPeriod:
    """Take a period that has ended all the way to final now, without waiting for its review window.

    Each step of it is committed; ValidationError says what is in the way of the next one.
    """
    period = BillingPeriod.objects.select_related("organization", "contract").get(pk=period.pk)
    if period.state == State.OPEN:
        period = begin_review(period=period, actor=actor, now=now)
    if period.state == State.REVIEW:
        period = begin_closing(period=period, actor=actor, now=now, early=True, reason=reason, ticket=ticket)
    return finish_closing(period=period, actor=actor, now=now)


def _issue(
    drafted: Sequence[tuple[BillingPeriod, drafts.Draft]], *, actor: trail.Actor, now: datetime, before: State
) -> None:
    drafted = _as_charged(drafted)
    issued = statements.issue_many(drafted=drafted, actor=actor, now=now)
    happened = [
        trail.Happened(
            Verb.PERIOD_FINISHED,
            period.target,
            organization=period.organization.target,
            changes={"state": (before, State.FINAL)},
            detail={"statement": statement.number, "total": currencies.said(statement.total, statement.currency)},
        )
        for (period, _), statement in zip(drafted, issued, strict=True)
    ]
    trail.record_many(happened, actor=actor)


def _as_charged(drafted: Sequence[tuple[BillingPeriod, drafts.Draft]]) -> Sequence[tuple[BillingPeriod, drafts.Draft]]:
    """Draft anew what holds usage of earlier periods: what that costs depends on which statements are out by now."""
    late = [period for period, draft in drafted if draft.counted.late]
    anew = drafts.of_periods(late) if late else {}
    return [(period, anew.get(period.pk, draft)) for period, draft in drafted]


def _lock(period: BillingPeriod) -> BillingPeriod:
    """Wait for what counts for its organization, then read the period anew, locked."""
    fences.alone(period.organization_id)
    rows = BillingPeriod.objects.select_for_update(of=("self",)).select_related("organization", "contract")
    return rows.get(pk=period.pk)


def _check_not_closing(period: BillingPeriod) -> None:
    if period.state in (State.CLOSING, State.FINAL):
        raise ValidationError(f"{period} {_standing(period)}. {UNDONE}")


def _standing(period: BillingPeriod) -> str:
    said = {
        State.OPEN: "is still running",
        State.REVIEW: "is in review",
        State.CLOSING: "is closing",
        State.FINAL: "is final",
    }
    return said[State(period.state)]


def _clock(period: BillingPeriod) -> str:
    return f"{period.review_until:%-d %b %Y, %H:%M} UTC"


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _record(verb: Verb, period: BillingPeriod, *, actor: trail.Actor, **said: object) -> None:
    trail.record(verb, actor=actor, target=period.target, organization=period.organization.target, **said)  # type: ignore[arg-type]
