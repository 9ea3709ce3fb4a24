"""A credit that concerns a final period is documented by a credit note; the statement itself stays as it is."""

from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from metering import fences, rating, statements
from metering.draft_lines import Line
from metering.models import Adjustment, BillingPeriod, Statement

UNDONE = "Nothing was issued."


@transaction.atomic
def issue_credit_note(*, adjustment: Adjustment, actor: trail.Actor, now: datetime) -> Statement:
    """Issue the credit note of an approved credit, to the statement of the final period that it is about.

    ValidationError where it is no credit, its period has no statement, or it has a note already.
    """
    fences.alone(adjustment.organization_id)
    statement = _statement_of(adjustment)
    if adjustment.kind != Adjustment.Kind.CREDIT or adjustment.amount is None or statement is None:
        raise ValidationError(f"{adjustment} is no credit to a statement. {UNDONE}")
    if statement.currency != adjustment.currency:
        raise ValidationError(
            f"{adjustment} is in {adjustment.currency}, {statement} in {statement.currency}. {UNDONE}"
        )
    if Statement.objects.filter(adjustment=adjustment.number).exists():
        raise ValidationError(f"{adjustment} has its credit note already. {UNDONE}")
    approval = {
        "adjustment": adjustment.number,
        "asked_by": adjustment.requested_by,
        "approved_by": adjustment.approved_by,
        "counted_in": adjustment.period.label if adjustment.period else "",
    }
    line = _line(adjustment, adjustment.amount)
    return statements.issue_credit_note(statement=statement, line=line, approval=approval, actor=actor, now=now)


def without_note(period: BillingPeriod) -> list[Adjustment]:
    """Return the credits about a final period that have no credit note yet, the oldest first."""
    noted = Statement.objects.exclude(adjustment="").filter(organization=period.organization_id).values("adjustment")
    credits = Adjustment.objects.filter(kind=Adjustment.Kind.CREDIT, original_period=period)
    return list(credits.exclude(number__in=noted).select_related("request", "period").order_by("sequence"))


def _line(adjustment: Adjustment, amount: Decimal) -> Line:
    period = adjustment.period
    return Line(
        kind="credit",
        name=adjustment.text or f"Credit {adjustment}",
        note=f"{adjustment}, counted in the statement of {period.mentioned}" if period else str(adjustment),
        quantity=1,
        amount=rating.rounded(amount, adjustment.currency),
    )


def _statement_of(adjustment: Adjustment) -> Statement | None:
    rows = Statement.objects.statements().select_related("organization", "period")
    return rows.filter(period=adjustment.original_period_id).first() if adjustment.original_period_id else None
