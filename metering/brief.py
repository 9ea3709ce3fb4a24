"""Thirteen months of an organization on a page, for the call about its renewal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TypeVar

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from keys.models import ApiKey, DecisionHour
from keys.verdicts import MEANINGS, Code
from metering import currencies, drafts, foresight, sla_days, sla_page
from metering.drafts import Draft
from metering.foresight import Foresight
from metering.models import BillingPeriod, Generation, Statement, UsageDay, UsageHour
from metering.models.rollups import UsageDayQuerySet, UsageHourQuerySet
from metering.sla_page import Month
from orgs.models import Organization, Reservation

Rows = TypeVar("Rows", UsageDayQuerySet, UsageHourQuerySet)
VERSIONS = ("v2", "v1")
NOTHING = "\u2013"
# What the causes of the contract are called on paper.
CAUSES = {
    "customer_limit": "Beyond the agreed limits",
    "our_capacity": "No room left with us",
    "policy": "Not allowed by the organization's rules",
    "key": "Key not valid",
}


@dataclass(frozen=True)
class UsedMonth:
    """A month in UTC: what succeeded by API version, calls and refusals, and how each version was served."""

    first: date
    succeeded: Mapping[str, int]
    calls: int
    refused: int
    served: Mapping[str, Month]

    @property
    def total(self) -> int:
        return sum(self.succeeded.values())


@dataclass(frozen=True)
class BilledPeriod:
    """A billing period: what was used of what is agreed, and what its statement says, or would say now."""

    period: BillingPeriod
    draft: Draft
    statement: Statement | None = None

    @property
    def amount(self) -> str:
        if self.statement is None and self.draft.unpriced:
            return NOTHING
        total, currency = self.draft.total, self.draft.terms.currency
        if self.statement is not None:
            total, currency = self.statement.total, self.statement.currency
        return currencies.said(total, currency)

    @property
    def usage_amount(self) -> str:
        if self.draft.unpriced:
            return "no price"
        return currencies.said(self.draft.rated.usage_amount, self.draft.terms.currency)

    @property
    def included(self) -> int:
        return self.draft.rated.included

    @property
    def minimum(self) -> str:
        minimum = self.draft.rated.minimum
        return currencies.said(minimum, self.draft.terms.currency) if minimum else ""

    @property
    def is_beyond_included(self) -> bool:
        return bool(self.included) and any(line.billed for line in self.draft.rated.lines)

    @property
    def reaches_minimum(self) -> bool:
        return self.draft.rated.usage_amount >= (self.draft.rated.minimum or Decimal(0))


@dataclass(frozen=True)
class Brief:
    """Everything that the page says, of live keys alone, the earliest month first.

    Peaks are None where nothing was generated.
    """

    organization: Organization
    at: datetime
    months: Sequence[UsedMonth]
    periods: Sequence[BilledPeriod]
    busiest_day: tuple[date, int] | None
    busiest_hour: tuple[datetime, int] | None
    refusals: Sequence[tuple[str, str, int]]
    ahead: Foresight | None = None
    keys: Sequence[ApiKey] = field(default_factory=tuple)
    reservations: Sequence[Reservation] = field(default_factory=tuple)

    @property
    def total(self) -> int:
        return sum(month.total for month in self.months)

    @property
    def calls(self) -> int:
        return sum(month.calls for month in self.months)

    @property
    def refused(self) -> int:
        return sum(month.refused for month in self.months)


def of(organization: Organization, *, now: datetime) -> Brief:
    """Read the last 13 months of an organization, the running one included."""
    first, last = sla_days.months(now)[-1], sla_days.today(now)
    days = _succeeded(UsageDay.objects.on_days(first, last), organization)
    hours = _succeeded(UsageHour.objects.between(_midnight(first), now), organization)
    decided = DecisionHour.objects.filter(
        organization=organization, hour__gte=_midnight(first), key__environment=ApiKey.Environment.LIVE
    ).order_by()
    return Brief(
        organization=organization,
        at=now,
        months=_months(organization, days, decided, now),
        periods=_periods(organization, first, now),
        busiest_day=days.values_list("day").annotate(many=Sum("generations")).order_by("-many", "day").first(),
        busiest_hour=hours.values_list("hour").annotate(many=Sum("generations")).order_by("-many", "hour").first(),
        refusals=_refusals(decided),
        ahead=_ahead(organization, now),
        keys=list(organization.keys.usable(at=now).filter(environment=ApiKey.Environment.LIVE).order_by("name")),
        reservations=_reservations(organization, now),
    )


def _months(
    organization: Organization, days: UsageDayQuerySet, decided: QuerySet[DecisionHour], now: datetime
) -> list[UsedMonth]:
    used: dict[tuple[date, str], int] = {}
    for month, version, many in (
        days.annotate(month=TruncMonth("day")).values_list("month", "api_version").annotate(Sum("generations"))
    ):
        used[month, version] = many
    calls, refused = _calls(decided)
    served = {
        (month.first, version): month
        for version in VERSIONS
        for month in sla_page.months(organization, version, now=now)
    }
    return [
        UsedMonth(
            first,
            {version: used.get((first, version), 0) for version in VERSIONS},
            calls.get(first, 0),
            refused.get(first, 0),
            {version: served[first, version] for version in VERSIONS if (first, version) in served},
        )
        for first in reversed(sla_days.months(now))
        if any((first, version) in served for version in VERSIONS)
    ]


def _calls(decided: QuerySet[DecisionHour]) -> tuple[dict[date, int], dict[date, int]]:
    calls: dict[date, int] = {}
    refused: dict[date, int] = {}
    by_month = decided.annotate(month=TruncMonth("hour", tzinfo=UTC)).values_list("month", "code")
    for month, code, many in by_month.annotate(Sum("calls")):
        first = month.date()
        calls[first] = calls.get(first, 0) + many
        if code != Code.VALID:
            refused[first] = refused.get(first, 0) + many
    return calls, refused


def _refusals(decided: QuerySet[DecisionHour]) -> list[tuple[str, str, int]]:
    """Return cause, code and calls, the most frequent first."""
    counted = decided.exclude(code=Code.VALID).values_list("code").annotate(many=Sum("calls")).order_by("-many", "code")
    return [(CAUSES.get(str(MEANINGS[Code(code)].cause), ""), code, many) for code, many in counted]


def _periods(organization: Organization, first: date, now: datetime) -> list[BilledPeriod]:
    begun = organization.billing_periods.filter(span__endswith__gt=_midnight(first), span__startswith__lte=now)
    rows = list(begun.select_related("organization", "contract").order_by("span"))
    drafted = drafts.of_periods(rows)
    issued = {one.period_id: one for one in Statement.objects.statements().filter(period__in=rows)}
    return [BilledPeriod(row, drafted[row.pk], issued.get(row.pk)) for row in rows]


def _ahead(organization: Organization, now: datetime) -> Foresight | None:
    """How the present period will end."""
    present = organization.billing_periods.containing(now).select_related("organization", "contract").first()
    return foresight.of_period(present, now=now) if present else None


def _reservations(organization: Organization, now: datetime) -> list[Reservation]:
    rows = Reservation.objects.filter(organization=organization).standing(at=now).select_related("pool")
    return [row for row in rows.order_by("days") if row.state == Reservation.State.ACTIVE]


def _succeeded(rows: Rows, organization: Organization) -> Rows:
    live = rows.filter(environment=ApiKey.Environment.LIVE, outcome=Generation.Outcome.SUCCEEDED)
    return live.filter(organization=organization).order_by()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
