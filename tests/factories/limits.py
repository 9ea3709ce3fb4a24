"""Limits and pilots."""

from datetime import timedelta

import factory
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from keys.models import (
    LimitRule,
    Pilot,
)
from orgs.models import Organization
from tests.factories.recording import RecordedFactory

SETTLED = (Pilot.State.CONVERTED, Pilot.State.EXPIRED, Pilot.State.CANCELLED)


class RuleFactory(RecordedFactory[LimitRule]):
    """A blocking rate of requests per minute. Give it its one owner: plan version, organization or key."""

    class Meta:
        model = LimitRule

    name = "v2-minute"
    api_version = "v2"
    limit = 60
    period_s = 60
    burst = 10
    effective = factory.LazyFunction(lambda: DateTimeTZRange(timezone.now() - timedelta(days=365), None, "[)"))

    @classmethod
    def names(cls, row: LimitRule) -> list[str]:
        owners = [row.organization and row.organization.uid, row.key and row.key.uid]
        return [name for name in [*owners, row.plan_version and row.plan_version.plan.code] if name]


class PilotFactory(RecordedFactory[Pilot]):
    """A pilot that began yesterday and ends in 29 days, of an organization on trial."""

    class Meta:
        model = Pilot

    organization = factory.SubFactory(
        # By its name, because organizations come with limits themselves.
        "tests.factories.organizations.OrganizationFactory",
        status=Organization.Status.PILOT,
        plan_version__plan__code="pilot",
    )
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    ends_at = factory.LazyAttribute(lambda pilot: pilot.starts_at + timedelta(days=30))
    state = "active"
    settled_at = factory.LazyAttribute(lambda pilot: pilot.ends_at if pilot.state in SETTLED else None)

    @classmethod
    def names(cls, row: Pilot) -> list[str]:
        return [row.organization.uid]
