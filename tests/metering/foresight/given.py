"""A period with terms, and what was counted into it and before it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from metering import usage_alerts
from metering.models import BillingPeriod
from metering.usage_alerts import Reached
from orgs.models import Organization
from tests.factories import ContactFactory, OrganizationFactory
from tests.metering.closing.given import a_contract, counted, period_of

# In the middle of a period that runs.
NOW = datetime(2026, 10, 22, 12, tzinfo=UTC)
TODAY = NOW.date()


def running(organization: Organization | None = None, *, a_day: int = 100, days: int = 40, **terms: Any) -> Any:
    """October of an organization on its 22nd, with as much usage on each day before it; half a day's of today."""
    contract = a_contract(organization, **terms)
    october = period_of(contract)
    for age in range(days, -1, -1):
        day = TODAY - timedelta(days=age)
        used(october, day, a_day if age else a_day // 2)
    return october


def used(october: BillingPeriod, day: date, generations: int, **dimensions: Any) -> None:
    """So many generations on a day, of the period that it lies in."""
    of = october if day.month == october.span.lower.month else period_of(october.contract, f"{day:%Y-%m}")
    counted(of, generations, day=day, **dimensions)


def nearly_used_up() -> Reached:
    """A period that runs now and has used 80 of 100 included generations, of which nobody was told."""
    organization = OrganizationFactory(status="active")
    ContactFactory(organization=organization, kind="billing")
    now = timezone.now()
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    contract = a_contract(organization, since=since, through=now, included_generations=100)
    counted(period_of(contract, f"{since:%Y-%m}"), 80, day=since.date())
    [found] = [one for one in usage_alerts.to_tell(at=now) if one.period.organization_id == organization.pk]
    return found
