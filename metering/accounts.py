"""The board of account managers: how each of their organizations stands, and what of it needs them first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from keys.models import ApiKey
from metering import attention, foresight, sla_days, sla_page
from metering.attention import SOON_BAD, Attention
from metering.foresight import Allowance, Foresight
from metering.models import BillingPeriod, Generation, SlaDay, UsageAlert, UsageDay
from metering.sla import Measured
from metering.sla_page import Month
from orgs.models import Organization

ORDERS = ("urgency", "organization", "-organization", "usage", "-usage", "renewal", "-renewal")
# The days of the small line.
TREND = 30
_NO_DATE = date.max


@dataclass
class Account:
    """An organization on the board. What only a page's rows show is filled in by `complete`."""

    organization: Organization
    attention: list[Attention]
    served: Sequence[tuple[str, Month]] = ()
    period: BillingPeriod | None = None
    generations: int = 0
    ahead: Foresight | None = None
    course: list[int] = field(default_factory=list)

    @property
    def allowance(self) -> Allowance | None:
        """What is included, or else what is committed to."""
        return next(iter(self.ahead.allowances), None) if self.ahead else None

    @property
    def used_text(self) -> str:
        """Such as `412,000 of 500,000 included`."""
        one = self.allowance
        if one is None:
            return ""
        what = "included" if one.kind == UsageAlert.Kind.INCLUDED else "minimum"
        return f"{one.said(one.used)} of {one.said(one.whole)} {what}"

    @property
    def agreed_nothing(self) -> str:
        """Why no bar is drawn: there is no price, or nothing is included and no minimum agreed."""
        unpriced = self.ahead is not None and bool(self.ahead.draft.unpriced)
        return "no price agreed" if unpriced else "nothing included, no minimum"

    @property
    def likely_amount(self) -> str:
        """What the statement of the period will likely say; "" where no price is agreed, or nobody can say."""
        return self.ahead.amounts.said("likely") if self.ahead and self.ahead.amounts else ""

    @property
    def first(self) -> Attention | None:
        """What is most urgent."""
        return self.attention[0] if self.attention else None

    @property
    def worst(self) -> tuple[str, Month] | None:
        """The API version with the least of its error budget left, of those that are promised something and in use."""
        judged = [one for one in self.served if one[1].budget and one[1].measured.counted]
        return min(judged, key=lambda one: one[1].budget.part_left if one[1].budget else 1, default=None)


def of(organizations: Sequence[Organization], *, now: datetime) -> list[Account]:
    """Return an account for each organization, in a number of statements that does not grow with them."""
    needing, served = attention.of(organizations, now=now), _served(organizations, now)
    present = BillingPeriod.objects.containing(now).filter(organization__in=organizations)
    periods = {period.organization_id: period for period in present.select_related("organization", "contract")}
    used = _used(periods.values())
    accounts = []
    for one in organizations:
        period = periods.get(one.pk)
        below = [_below(one, *each) for each in served[one.pk] if each[1].is_kept is False]
        found = sorted([*needing[one.pk], *below], key=lambda item: item.urgency)
        counted = used.get(period.pk, 0) if period else 0
        accounts.append(Account(one, found, served[one.pk], period, counted))
    return accounts


def ordered(accounts: Iterable[Account], order: str) -> list[Account]:
    """Sort in one of ORDERS: by what is most urgent, name, usage of the period or renewal date."""
    rows = sorted(accounts, key=lambda account: account.organization.name.casefold())
    by = order.removeprefix("-")
    if by == "urgency":
        return sorted(rows, key=_urgency)
    if by == "usage":
        rows.sort(key=lambda account: account.generations, reverse=order.startswith("-"))
    elif by == "renewal":
        rows.sort(key=_renewal, reverse=order.startswith("-"))
    elif order.startswith("-"):
        rows.reverse()
    return rows


def complete(accounts: Sequence[Account], *, now: datetime) -> None:
    """Fill in what only the rows of a page show: what is included or committed to, how it will end, and the trend."""
    ahead = foresight.of_periods([account.period for account in accounts if account.period], now=now)
    courses = _courses([account.organization for account in accounts], now)
    for account in accounts:
        account.course = courses[account.organization.pk]
        account.ahead = ahead[account.period.pk] if account.period else None


def _urgency(account: Account) -> tuple[bool, Any]:
    return account.first is None, account.first.urgency if account.first else ()


def _renewal(account: Account) -> date:
    return account.organization.renewal_on or _NO_DATE


def _below(organization: Organization, version: str, month: Month) -> Attention:
    href = reverse("metering:sla", args=[organization.uid]) + f"?version={version}"
    return Attention(f"{version} misses its availability promise: {month.attained}", href, tone=SOON_BAD)


def _served(organizations: Sequence[Organization], now: datetime) -> Mapping[int, Sequence[tuple[str, Month]]]:
    first = sla_days.months(now)[0]
    counted = sla_days.counts_by_month(SlaDay.objects.filter(organization__in=organizations, day__gte=first))
    found = {}
    for one in organizations:
        months = []
        for version in sorted(one.plan_version.api_versions, reverse=True):
            measured = counted.get((one.pk, first, version), Measured())
            months.append((version, sla_page.month_of(first, measured, one.plan_version.objective(version), now=now)))
        found[one.pk] = months
    return found


def _used(periods: Iterable[BillingPeriod]) -> dict[int, int]:
    rows = UsageDay.objects.of_keys(ApiKey.Environment.LIVE).filter(period__in=list(periods)).order_by()
    succeeded = rows.filter(outcome=Generation.Outcome.SUCCEEDED)
    return {pk or 0: int(used) for pk, used in succeeded.values_list("period_id").annotate(Sum("generations"))}


def _courses(organizations: Sequence[Organization], now: datetime) -> dict[int, list[int]]:
    today = now.astimezone(UTC).date()
    days = [today - timedelta(days=n) for n in reversed(range(TREND))]
    rows = UsageDay.objects.of_keys(ApiKey.Environment.LIVE).on_days(days[0], today).order_by()
    rows = rows.filter(organization__in=organizations, outcome=Generation.Outcome.SUCCEEDED)
    counted: dict[tuple[int, date], int] = {}
    for pk, day, generations in rows.values_list("organization_id", "day").annotate(Sum("generations")):
        counted[pk, day] = generations
    return {one.pk: [counted.get((one.pk, day), 0) for day in days] for one in organizations}
