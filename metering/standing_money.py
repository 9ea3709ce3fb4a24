"""Money that stands on the bills of periods, or is asked for there, is in the currency of their contract."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from metering.models import AdjustmentRequest, BillingPeriod

State = AdjustmentRequest.State


def check_currency(periods: Iterable[BillingPeriod], currency: str) -> None:
    """Raise ValidationError where an amount in another currency stands on one of the periods, or waits to do so.

    The caller has the organization's fence alone, as whoever approves an amount has.
    """
    rows = AdjustmentRequest.objects.filter(period__in=list(periods), state__in=(State.PROPOSED, State.APPROVED))
    rows = rows.exclude(kind=AdjustmentRequest.Kind.VOID).exclude(currency=currency)
    found = rows.select_related("period", "adjustment").order_by("pk").first()
    if found is None or found.period is None:
        return
    beginning = f"The contract cannot be in {currency} for {found.period.label}"
    if found.is_waiting:
        raise ValidationError(
            f"{beginning}: {found.uid} asks for an amount in {found.currency} there. Decide it first."
        )
    raise ValidationError(
        f"{beginning}: {found.adjustment} stands on its bill in {found.currency}. Let the currency change after it."
    )
