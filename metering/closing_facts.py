"""What is known of billing periods that are to be closed, in a number of statements that does not grow with them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from metering import agreement, drafts
from metering.agreement import Agreement
from metering.closing import Facts, State
from metering.drafts import Draft
from metering.models import BillingPeriod


def of_period(period: BillingPeriod, *, at: datetime) -> Facts:
    """Return what is known of one period."""
    return of_periods([period], at=at)[period.pk]


def of_periods(
    periods: Iterable[BillingPeriod], *, at: datetime, drafted: Mapping[int, Draft] | None = None
) -> dict[int, Facts]:
    """Return what is known of many, by their ids; `drafted` are their drafts where they are at hand.

    What gateways say is not asked of a period that is still running, nor of one that is past its review.
    """
    asked = list(periods)
    compared = [period for period in asked if period.state in (State.OPEN, State.REVIEW) and period.span.upper <= at]
    agreed = agreement.of_periods(compared)
    known = drafted if drafted is not None else drafts.of_periods(compared)
    return {period.pk: _facts(period, agreed.get(period.pk), known.get(period.pk), at) for period in asked}


def _facts(period: BillingPeriod, agreed: Agreement | None, draft: Draft | None, at: datetime) -> Facts:
    return Facts(
        at=at,
        state=period.state,
        ends_at=period.span.upper,
        zone=period.zone,
        review_until=period.review_until,
        is_held=period.is_held,
        hold_reason=period.hold_reason,
        differences=agreed.differing if agreed else 0,
        behind=tuple(agreed.behind) if agreed else (),
        unpriced=draft.unpriced if draft else (),
        is_overridden=period.override_at is not None,
    )
