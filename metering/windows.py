"""The stretches of time that usage pages offer, as their addresses name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from metering.models import BillingPeriod, UsageDay
from metering.models.rollups import UsageDayQuerySet
from orgs.models import Organization

PERIODS = 14
AHEAD = timedelta(minutes=5)
RECENT = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
# More bars than this are not read one by one: months then.
MOST_DAYS = 92


@dataclass(frozen=True)
class Window:
    """Some UTC days, the last one included, or exactly a billing period, whose ends may lie inside a day."""

    value: str
    label: str
    first: date
    last: date
    period: BillingPeriod | None = None

    @property
    def is_long(self) -> bool:
        return (self.last - self.first).days >= MOST_DAYS

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def rows(self, *, environment: str) -> UsageDayQuerySet:
        """Return the daily rollup of this time, of live keys or of test keys."""
        rows = UsageDay.objects.of_keys(environment)
        return rows.filter(period=self.period) if self.period else rows.on_days(self.first, self.last)


def of_organization(organization: Organization, *, now: datetime) -> list[Window]:
    """Offer the billing periods that have begun, the present one first, and the last days."""
    begun = organization.billing_periods.filter(span__startswith__lte=now).order_by("-span")[:PERIODS]
    return [*(_of_period(period, now=now) for period in begun), *recent(now)]


def of_everybody(*, now: datetime) -> list[Window]:
    """Offer this calendar month and the one before, in UTC, and the last days."""
    today = now.astimezone(UTC).date()
    this_month = today.replace(day=1)
    before = this_month - timedelta(days=1)
    return [
        Window("month", f"{this_month:%B %Y}", this_month, today),
        Window("before", f"{before:%B %Y}", before.replace(day=1), before),
        *recent(now),
    ]


def recent(now: datetime) -> list[Window]:
    """Offer the last days, today included."""
    today = now.astimezone(UTC).date()
    firsts = {value: today - timedelta(days=days - 1) for value, days in RECENT.items()}
    return [Window(value, f"Last {RECENT[value]} days", first, today) for value, first in firsts.items()]


def chosen(windows: Sequence[Window], value: str | None) -> tuple[Window, str]:
    """Return the window that the address names, or the first one; and the value if there is no such window."""
    found = next((window for window in windows if window.value == value), None)
    return found or windows[0], "" if found or not value else value


def _of_period(period: BillingPeriod, *, now: datetime) -> Window:
    # A gateway's clock may be a little ahead of ours; the days after that are still empty.
    last = min(period.span.upper - timedelta(microseconds=1), now + AHEAD)
    days = period.span.lower.astimezone(UTC).date(), last.astimezone(UTC).date()
    return Window(period.label, f"Period {period.label}", *days, period)
