from django.contrib.postgres.fields import ArrayField
from django.db import models

from metering import currencies
from metering.models.periods import BillingPeriod


class PeriodCheck(models.Model):
    """What was last found of a billing period that is not final: what it comes to, and what nobody can wait away.

    Lists of thousands read it; what is decided is decided anew.
    """

    period = models.OneToOneField(BillingPeriod, on_delete=models.PROTECT, primary_key=True, related_name="found")
    checked_at = models.DateTimeField()
    generations = models.BigIntegerField()
    late = models.BigIntegerField()
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    currency = models.CharField(max_length=3)
    # Hours in which gateways have counted otherwise, sources that have not told all of theirs, lines without a price.
    differing = models.PositiveIntegerField(default=0)
    behind: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=64), default=list)
    unpriced: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=200), default=list)
    # Adjustments that somebody asked for on its bill, and nobody has decided.
    undecided = models.PositiveIntegerField(default=0)

    # What the hours that were compared with gateways' stood at, as `metering.agreement` marks it; empty: none were.
    compared = models.CharField(max_length=200, default="")

    class Meta:
        indexes = [models.Index(fields=["checked_at"], name="period_checks_by_age")]

    def __str__(self) -> str:
        return f"{self.period} at {self.checked_at:%F %H:%M} UTC"

    @property
    def amount_said(self) -> str:
        """What it comes to before tax, for people."""
        return currencies.said(self.amount, self.currency)
