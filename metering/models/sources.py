from django.db import models

from metering.models.periods import BillingPeriod


class PeriodSource(models.Model):
    """A source that has reported generations into a billing period: the period waits until it is done with it."""

    pk = models.CompositePrimaryKey("period", "source")
    period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="sources", db_constraint=False, db_index=False
    )
    source = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.source
