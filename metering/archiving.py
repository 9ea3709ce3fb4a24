"""Which months of the ledger may leave it: what they were billed for is final, and no gateway can send them again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from psycopg.types.range import TimestamptzRange

from metering import items, partitions, periods
from metering.models import AdjustmentRequest, BillingPeriod, UsageDay
from metering.models.generations import APART, first_id

# What is older is refused by the ledger anyway; and for so long after that a second report is told to be one.
ACCEPTED = timedelta(milliseconds=items.OLDEST_MS)
REMEMBERED_MONTHS = 13
MOST_NAMED = 3


@dataclass(frozen=True)
class Month:
    """A month of the ledger, and why it has to stay; nothing where it may go."""

    first: date
    reasons: Sequence[str] = ()

    @property
    def name(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def table(self) -> str:
        return f"metering_generation_{self.first:%Y%m}"


def months(before: date, *, now: datetime) -> list[Month]:
    """Look at each month of the ledger before that one, the oldest first."""
    return [Month(first, tuple(_reasons(first, now=now))) for first in partitions.months() if first < before]


def detach(month: Month, owner: BaseDatabaseWrapper) -> None:
    """Take a month out of the ledger, as the owner of the tables; the table stays, for whoever keeps or drops it.

    Neither reports nor pages wait for it, and it cannot be part of a transaction.
    """
    statement = sql.SQL("ALTER TABLE metering_generation DETACH PARTITION {} CONCURRENTLY")
    with owner.cursor() as cursor:
        cursor.execute(statement.format(sql.Identifier(month.table)))


def kept_until(first: date) -> datetime:
    """Return until when a month is needed to tell a second report from a first one. Pure."""
    accepted = _end(first) + ACCEPTED
    # The day of the month may be missing 13 months later: then the last one there.
    month = accepted.year * periods.MONTHS + accepted.month - 1 + REMEMBERED_MONTHS
    return periods.boundary(month, anchor_day=accepted.day, zone=ZoneInfo("UTC"))


def _reasons(first: date, *, now: datetime) -> Iterator[str]:
    start, end = _start(first), _end(first)
    if now < (until := kept_until(first)):
        yield f"it is kept until {until:%-d %b %Y}, so that what is sent again counts once"
    if named := _unfinished(start, end):
        yield f"not final: {named}"
    waiting = AdjustmentRequest.objects.waiting().filter(
        generation_id__gte=first_id(start), generation_id__lt=first_id(end)
    )
    if count := waiting.count():
        yield f"{count} adjustment{'s' if count > 1 else ''} of its generations wait for a decision"


def _unfinished(start: datetime, end: datetime) -> str:
    """Name the billing periods that are not final and count something from the month, or may."""
    around = start - APART, end + APART
    during = BillingPeriod.objects.unfinished().filter(span__overlap=TimestamptzRange(*around, "[)"))
    counted = UsageDay.objects.on_days(around[0].date(), around[1].date()).filter(period__isnull=False)
    later = BillingPeriod.objects.unfinished().filter(pk__in=counted.values("period"))
    found = (during | later).select_related("organization").order_by("organization__slug", "span")
    named = [f"{period.organization.slug}/{period.label}" for period in found[: MOST_NAMED + 1]]
    more = f" and {found.count() - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more


def _start(first: date) -> datetime:
    return datetime(first.year, first.month, 1, tzinfo=UTC)


def _end(first: date) -> datetime:
    return datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=UTC)
