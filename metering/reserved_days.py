"""The days for which an organization had capacity units of its own, as its contract charges for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from metering.models import BillingPeriod
from orgs.capacity.spans import Span
from orgs.models import Reservation

DAY = timedelta(days=1)
# A pool's days are those of UTC, and a period's those of its contract's zone. At this hour of UTC it is the same date
# from Honolulu to Apia: what is reserved for October is charged in October there, and each day in one period.
SAME_DATE = time(10)


@dataclass(frozen=True)
class Stretch:
    """So many units of a pool on each of so many days."""

    pool: str
    units: int
    days: int

    @property
    def unit_days(self) -> int:
        return self.units * self.days


def of_periods(periods: Sequence[BillingPeriod]) -> dict[int, list[Stretch]]:
    """Return what was reserved in each period, by pool and then by time; holds that were never confirmed are not."""
    found: dict[int, list[Stretch]] = {period.pk: [] for period in periods}
    if not periods:
        return found
    by_organization: dict[int, list[Reservation]] = {}
    for reservation in _reservations(periods):
        by_organization.setdefault(reservation.organization_id, []).append(reservation)
    for period in periods:
        found[period.pk] = list(_stretches(period, by_organization.get(period.organization_id, ())))
    return found


def days_of(period: BillingPeriod) -> Span | None:
    """Return the days that are charged in the period, each in one alone. None where none is."""
    first, last = _first_day(period.span.lower), _first_day(period.span.upper) - DAY
    return Span(first, last) if first <= last else None


def _reservations(periods: Sequence[BillingPeriod]) -> Iterable[Reservation]:
    first = min(period.span.lower for period in periods).date()
    end = max(period.span.upper for period in periods).date() + DAY
    confirmed = ~Q(state=Reservation.State.HOLD) & Q(hold_expires_at=None)
    rows = Reservation.objects.filter(confirmed, organization__in={period.organization_id for period in periods})
    return rows.touching(first, end).select_related("pool").order_by("pool__code", "days", "pk")


def _stretches(period: BillingPeriod, reservations: Iterable[Reservation]) -> Iterable[Stretch]:
    days = days_of(period)
    for reservation in reservations:
        held = reservation.held
        if days is None or held is None:
            continue
        count = (min(days.last, held.last) - max(days.first, held.first)).days + 1
        if count > 0:
            yield Stretch(reservation.pool.code, reservation.units, count)


def _first_day(at: datetime) -> date:
    """The first day whose SAME_DATE is then or later."""
    utc = at.astimezone(UTC)
    return utc.date() if utc.time() <= SAME_DATE else utc.date() + DAY
