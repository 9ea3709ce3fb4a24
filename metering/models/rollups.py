from django.db import models

from keys.models import ApiKey
from metering.models.contracts import BillingPeriod
from metering.models.generations import Generation
from orgs.models import Organization

DIMENSIONS = (
    "organization",
    "period",
    "key",
    "environment",
    "api_version",
    "outcome",
    "resolution",
    "service_tier",
)


class Rollup(models.Model):
    """Generations counted by what people ask about them, in the transaction that wrote them to the ledger."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # Null where no contract covers the generation. It stands in the key, so that a period's total needs no time.
    period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    environment = models.CharField(max_length=8, choices=ApiKey.Environment)
    api_version = models.CharField(max_length=8, choices=Generation.ApiVersion)
    outcome = models.CharField(max_length=12, choices=Generation.Outcome)
    resolution = models.CharField(max_length=16)
    service_tier = models.CharField(max_length=12, choices=Generation.Tier)
    generations = models.BigIntegerField()
    units = models.BigIntegerField()

    class Meta:
        abstract = True


class UsageHour(Rollup):
    """The generations of one UTC hour."""

    hour = models.DateTimeField()

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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "day", *DIMENSIONS[1:]], nulls_distinct=False, name="one_rollup_per_day"
            )
        ]
        indexes = [
            models.Index(fields=["day"], name="usage_days_by_day"),
            models.Index(fields=["period"], name="usage_days_of_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%F}: {self.generations}"
