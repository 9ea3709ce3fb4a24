"""What is found of many billing periods at once, and written down for the lists that show thousands of them."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q

from audit import rows
from metering import agreement, drafts, rating
from metering.agreement import Agreement
from metering.closing import State
from metering.drafts import Draft
from metering.models import AdjustmentRequest, BillingPeriod, PeriodCheck

# One in review is looked at anew after so long, one that runs after the other.
REVIEWED = timedelta(minutes=5)
RUNNING = timedelta(hours=1)
AT_ONCE = 200
# In one turn of the sweep; the oldest come first.
MOST = 2_000
log = logging.getLogger(__name__)
_COLUMNS = (
    "checked_at", "generations", "late", "amount", "currency",
    "differing", "behind", "unpriced", "undecided", "compared",
)  # fmt: skip
_ANEW = f"ON CONFLICT (period_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)}"


def look(periods: Iterable[BillingPeriod], *, at: datetime) -> dict[int, PeriodCheck]:
    """Look at periods without writing anything down, in a number of statements that does not grow with them.

    What gateways say is not asked of a period that is still running, nor of one that is past its review.
    """
    asked = list(periods)
    return of_drafts(asked, drafts.of_periods(asked), at=at)


def of_drafts(
    periods: Sequence[BillingPeriod], drafted: Mapping[int, Draft], *, at: datetime
) -> dict[int, PeriodCheck]:
    """Look at periods whose drafts are at hand."""
    ended = [period for period in periods if period.state in (State.OPEN, State.REVIEW) and period.span.upper <= at]
    agreed = agreement.of_periods(ended)
    undecided = _undecided(periods)
    return {
        period.pk: _check(period, drafted[period.pk], agreed.get(period.pk, Agreement()), undecided[period.pk], at)
        for period in periods
    }


def keep(checks: Iterable[PeriodCheck]) -> None:
    """Write down what was found."""
    rows.insert(sorted(checks, key=lambda check: check.pk), on_conflict=_ANEW)


def refresh(*, now: datetime) -> int:
    """Look anew at what was looked at too long ago, and at what never was; returns at how many."""
    stale = Q(found=None) | Q(found__checked_at__lte=now - RUNNING) & Q(state=State.OPEN)
    stale |= Q(found__checked_at__lte=now - REVIEWED) & Q(state__in=(State.REVIEW, State.CLOSING))
    found = BillingPeriod.objects.filter(stale, span__startswith__lte=now).select_related("organization", "contract")
    due = list(found.order_by("found__checked_at", "pk")[:MOST])
    for start in range(0, len(due), AT_ONCE):
        _refresh(due[start : start + AT_ONCE], now=now)
    return len(due)


def _refresh(periods: Sequence[BillingPeriod], *, now: datetime) -> None:
    try:
        keep(look(periods, at=now).values())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # One that cannot be looked at is not the others' matter.
        log.exception("%s billing periods could not be looked at", len(periods))
        if len(periods) > 1:
            for period in periods:
                _refresh([period], now=now)


def _undecided(periods: Sequence[BillingPeriod]) -> Counter[int | None]:
    waiting = AdjustmentRequest.objects.waiting().filter(period__in=periods).order_by()
    return Counter(waiting.values_list("period_id", flat=True))


def _check(period: BillingPeriod, draft: Draft, agreed: Agreement, undecided: int, at: datetime) -> PeriodCheck:
    return PeriodCheck(
        period=period,
        checked_at=at,
        generations=draft.generations,
        late=draft.late,
        amount=rating.rounded(draft.total, draft.terms.currency),
        currency=draft.terms.currency,
        differing=agreed.differing,
        behind=list(agreed.behind),
        unpriced=[name[:200] for name in draft.unpriced],
        undecided=undecided,
        compared=agreed.compared,
    )
