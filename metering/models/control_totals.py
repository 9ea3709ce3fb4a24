from django.db import models

from metering.models.generations import Generation
from orgs.models import Organization


class ControlTotal(models.Model):
    """How many succeeded generations of an hour a source says were acknowledged to it. Its latest word stands."""

    source = models.CharField(max_length=64)
    hour = models.DateTimeField()
    # As in the ledger: a gateway's report waits for no row of an organization.
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    api_version = models.CharField(max_length=8, choices=Generation.ApiVersion)
    succeeded = models.PositiveBigIntegerField()
    gateway = models.CharField(max_length=120)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "hour", "api_version", "source"], name="one_control_total_per_hour"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.hour:%F %H}:00 UTC: {self.succeeded}"


class ToldDay(models.Model):
    """How often something else was told of a UTC day of an organization, by a trigger on the totals: it only grows."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    changes = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "day"], name="changes_of_a_day_are_counted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%F}: {self.changes}"


class SourceCompletion(models.Model):
    """Until when a source has told all of its totals. It never goes back."""

    source = models.CharField(max_length=64, unique=True)
    complete_through = models.DateTimeField()
    gateway = models.CharField(max_length=120)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["source"]

    def __str__(self) -> str:
        return f"{self.source}, complete through {self.complete_through:%F %H:%M} UTC"
