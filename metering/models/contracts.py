from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from audit import trail
from metering import periods
from orgs.models import Organization


class ContractQuerySet(models.QuerySet["Contract"]):
    def covering(self, at: datetime) -> "ContractQuerySet":
        """Keep those in effect at that time."""
        return self.filter(effective__contains=at)


class Contract(models.Model):
    """What an organization has agreed to: when its periods begin, and what they include."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="contracts")
    currency = models.CharField(max_length=3, default="EUR")
    effective = DateTimeRangeField()
    anchor_day = models.PositiveSmallIntegerField(default=1)
    time_zone = models.CharField(max_length=64, default="UTC")
    included_generations = models.PositiveBigIntegerField(default=0)

    objects = ContractQuerySet.as_manager()

    class Meta:
        ordering = ["organization_id", "effective"]
        constraints = [
            models.CheckConstraint(condition=models.Q(anchor_day__range=(1, 31)), name="an_anchor_is_a_day_of_a_month"),
            models.CheckConstraint(
                condition=models.Q(currency__regex="^[A-Z]{3}$"), name="a_currency_is_three_letters"
            ),
            models.CheckConstraint(
                condition=models.Q(effective__lower_inc=True, effective__upper_inc=False),
                name="a_contract_is_half_open_and_has_a_start",
            ),
            ExclusionConstraint(
                name="one_contract_of_an_organization_at_a_time",
                expressions=[("organization", RangeOperators.EQUAL), ("effective", RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return f"Contract of {self.organization} from {periods.label(self.effective.lower, self.zone)}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def terms(self) -> periods.Terms:
        return periods.Terms(self.anchor_day, self.zone, self.effective.lower, self.effective.upper)

    @property
    def target(self) -> trail.Target:
        return trail.Target("contract", f"{self.organization.uid}/contract/{self.pk}", str(self))
