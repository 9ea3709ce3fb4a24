"""What is known of billing periods that are to be closed, in a number of statements that does not grow with them."""

from collections.abc import Iterable
from datetime import datetime

from metering import checks
from metering.closing import Facts
from metering.models import BillingPeriod, PeriodCheck


def of_period(period: BillingPeriod, *, at: datetime) -> Facts:
    """Return what is known of one period now."""
    return of_periods([period], at=at)[period.pk]


def of_periods(periods: Iterable[BillingPeriod], *, at: datetime) -> dict[int, Facts]:
    """Return what is known of many now, by their ids."""
    asked = list(periods)
    found = checks.look(asked, at=at)
    return {period.pk: of_check(period, found[period.pk], at=at) for period in asked}


def of_check(period: BillingPeriod, check: PeriodCheck | None, *, at: datetime) -> Facts:
    """Return what is known of a period whose figures were found before; without a check, of its dates and its hold."""
    return Facts(
        at=at,
        state=period.state,
        ends_at=period.span.upper,
        zone=period.zone,
        review_until=period.review_until,
        is_held=period.is_held,
        hold_reason=period.hold_reason,
        differences=check.differing if check else 0,
        behind=tuple(check.behind) if check else (),
        unpriced=tuple(check.unpriced) if check else (),
        undecided=check.undecided if check else 0,
        is_overridden=period.override_at is not None,
    )
