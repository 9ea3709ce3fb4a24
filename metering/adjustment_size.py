"""Whether a credit takes more off than the bill that it is about comes to: allowed, and worth a second look."""

from decimal import Decimal

from metering import currencies, drafts
from metering.models import AdjustmentRequest, BillingPeriod, Statement


def doubt(asked: AdjustmentRequest) -> str:
    """Say by what a waiting amount in the customer's favour exceeds its bill; nothing where it does not."""
    about = asked.original_period or asked.period
    if not asked.is_waiting or about is None or asked.amount is None or asked.amount >= 0:
        return ""
    total, currency = _comes_to(about)
    if currency != asked.currency or -asked.amount <= total:
        return ""
    off, bill = (currencies.said(one, currency) for one in (-asked.amount, total))
    return f"It takes {off} off, and the bill of {about.mentioned} comes to {bill}."


def _comes_to(period: BillingPeriod) -> tuple[Decimal, str]:
    """What its statement says, or would say now, and the currency of that."""
    statement = Statement.objects.statements().filter(period=period).first()
    if statement is not None:
        return statement.total, statement.currency
    draft = drafts.draft(period)
    return draft.total, draft.terms.currency
