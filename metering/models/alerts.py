from decimal import Decimal

from django.db import models
from django.utils import timezone


class UsageAlert(models.Model):
    """A step of what a period's contract includes, or commits to, that its usage has reached: people were told once."""

    class Kind(models.TextChoices):
        INCLUDED = "included", "Included generations"
        MINIMUM = "minimum", "Minimum commitment"

    period = models.ForeignKey("metering.BillingPeriod", on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=8, choices=Kind)
    # In percent, one of those that the sweep looks for.
    threshold = models.PositiveSmallIntegerField()
    # What was used, and of how much, when it was seen: generations, or an amount in the contract's currency.
    used = models.DecimalField(max_digits=18, decimal_places=4)
    whole = models.DecimalField(max_digits=18, decimal_places=4)
    reached_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["period_id", "kind", "threshold"]
        constraints = [
            models.UniqueConstraint(fields=["period", "kind", "threshold"], name="each_step_is_told_once"),
            models.CheckConstraint(condition=models.Q(threshold__range=(1, 100)), name="a_step_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.threshold} % of {self.get_kind_display().lower()}"

    @property
    def percent(self) -> int:
        """How much of it was used, rounded down."""
        return int(self.used * 100 / self.whole) if self.whole > Decimal() else 100
