"""The last days, for what is shown beside an organization's name. Anything else is asked of the explorer."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from metering.models import UsageDay
from metering.models.rollups import UsageDayQuerySet

DAYS = 30


@dataclass(frozen=True)
class Window:
    """Some UTC days, the last one included."""

    label: str
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def rows(self, *, environment: str) -> UsageDayQuerySet:
        """Return the daily rollup of this time, of live keys or of test keys."""
        return UsageDay.objects.of_keys(environment).on_days(self.first, self.last)


def last_30_days(now: datetime) -> Window:
    """Return the last 30 days, today included."""
    today = now.astimezone(UTC).date()
    return Window(f"Last {DAYS} days", today - timedelta(days=DAYS - 1), today)
