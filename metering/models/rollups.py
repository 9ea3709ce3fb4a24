from datetime import date, datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from keys.models import ApiKey
from metering.models.generations import Generation
from metering.models.periods import BillingPeriod
from orgs import policy
from orgs.models import Organization

if TYPE_CHECKING:
    from orgs.models import Staff

Row = TypeVar("Row", bound="Rollup")

DIMENSIONS = (
    "organization",
    "period",
    "original_period",
    "key",
    "environment",
    "api_version",
    "outcome",
    "resolution",
    "aspect_ratio",
    "service_tier",
    "failure_cause",
)


class RollupQuerySet(models.QuerySet[Row]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> Self:
        """Keep the usage of the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def of_keys(self, environment: str) -> Self:
        """Keep the usage of live keys, or of test keys: the two are never added up."""
        return self.filter(environment=environment)


class UsageHourQuerySet(RollupQuerySet["UsageHour"]):
    def between(self, start: datetime, end: datetime) -> "UsageHourQuerySet":
        """Keep the hours that begin in start ≤ t < end."""
        return self.filter(hour__gte=start, hour__lt=end)


class UsageDayQuerySet(RollupQuerySet["UsageDay"]):
    def on_days(self, first: date, last: date) -> "UsageDayQuerySet":
        """Keep these UTC days, the last one included."""
        return self.filter(day__range=(first, last))


class Rollup(models.Model):
    """Generations counted by what people ask about them, in the transaction that wrote them to the ledger."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # Null where no contract covers the generation. It stands in the key, so that a period's total needs no time.
    period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    # Of late generations alone: the period that they happened in, which took no more.
    original_period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    environment = models.CharField(max_length=8, choices=ApiKey.Environment)
    api_version = models.CharField(max_length=8, choices=Generation.ApiVersion)
    outcome = models.CharField(max_length=12, choices=Generation.Outcome)
    resolution = models.CharField(max_length=16)
    aspect_ratio = models.CharField(max_length=16)
    service_tier = models.CharField(max_length=12, choices=Generation.Tier)
    failure_cause = models.CharField(max_length=12, choices=Generation.FailureCause)
    generations = models.BigIntegerField()
    units = models.BigIntegerField()

    class Meta:
        abstract = True


class UsageHour(Rollup):
    """The generations of one UTC hour."""

    hour = models.DateTimeField()

    objects = UsageHourQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "hour", *DIMENSIONS[1:]], nulls_distinct=False, name="one_rollup_per_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour:%F %H}:00 UTC: {self.generations}"


class UsageDay(Rollup):
    """The generations of one UTC day."""

    day = models.DateField()

    objects = UsageDayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "day", *DIMENSIONS[1:]], nulls_distinct=False, name="one_rollup_per_day"
            )
        ]
        indexes = [
            models.Index(fields=["day"], name="usage_days_by_day"),
            models.Index(fields=["period"], name="usage_days_of_a_period"),
            models.Index(
                fields=["original_period"],
                name="usage_days_of_an_original",
                condition=models.Q(original_period__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%F}: {self.generations}"
