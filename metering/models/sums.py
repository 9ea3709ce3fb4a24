from django.db import models

from keys.models import ApiKey
from metering.models.periods import BillingPeriod
from orgs.models import Organization


class DaySum(models.Model):
    """What an organization's generations of one UTC day come to, told apart by one thing alone; made of its hours.

    `told` names that thing, "" for nothing more, and `value` is what the rollup has for it. The day is told in UTC, and
    once more by the days of the organization's own zone where it has another one: one UTC day has hours of two of them.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    zone = models.CharField(max_length=64)
    day = models.DateField()
    local_day = models.DateField()
    period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    original_period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    environment = models.CharField(max_length=8, choices=ApiKey.Environment)
    told = models.CharField(max_length=12)
    value = models.CharField(max_length=20)
    v2 = models.BigIntegerField()
    v1 = models.BigIntegerField()
    failed_v2 = models.BigIntegerField()
    failed_v1 = models.BigIntegerField()
    # Of the failed ones those that were our fault; and the cost units of the succeeded ones.
    ours_v2 = models.BigIntegerField()
    ours_v1 = models.BigIntegerField()
    units_v2 = models.BigIntegerField()
    units_v1 = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["told", "zone", "day"], name="day_sums_by_day"),
            models.Index(fields=["organization", "day"], name="day_sums_of_organization"),
            models.Index(fields=["period"], name="day_sums_of_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.day:%F} {self.told} {self.value}"


class SummedUsage(models.Model):
    """Up to which UTC day an organization's generations are summed, and in which zone beside UTC."""

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, related_name="+", primary_key=True, db_constraint=False
    )
    zone = models.CharField(max_length=64)
    through = models.DateField()

    def __str__(self) -> str:
        return f"{self.organization_id} through {self.through:%F}, {self.zone}"


class StaleDay(models.Model):
    """A summed UTC day that something was counted into since, or taken from; written in that same transaction."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="a_day_is_stale_once")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.day:%F}"
