from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models

from audit import trail
from metering import currencies, periods
from orgs.models import Organization


class ContractQuerySet(models.QuerySet["Contract"]):
    def covering(self, at: datetime) -> "ContractQuerySet":
        """Keep those in effect at that time."""
        return self.standing().filter(effective__contains=at)

    def standing(self) -> "ContractQuerySet":
        """Keep those that were not withdrawn before they began."""
        return self.filter(withdrawn_at=None)


class Contract(models.Model):
    """A version of what an organization has agreed to: when its periods begin, and what usage costs in them."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="contracts")
    currency = models.CharField(max_length=3, default="EUR")
    effective = DateTimeRangeField()
    anchor_day = models.PositiveSmallIntegerField(default=1)
    time_zone = models.CharField(max_length=64, default="UTC")
    # Counted in each organization from 1: the versions of what was agreed.
    number = models.PositiveIntegerField()
    included_generations = models.PositiveBigIntegerField(default=0)
    # Of usage, in a whole period; a part of one has a part of it.
    minimum_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    # For each reserved capacity unit and day.
    capacity_fee = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    # Below that availability, so many percent of the usage: [{"below": "99.90", "credit": "10"}].
    sla_credits = models.JSONField(default=list, blank=True)
    purchase_order = models.CharField(max_length=64, blank=True)
    review_days = models.PositiveSmallIntegerField(default=5)
    # Set on one that never began: `effective` says when it was to hold, and others may hold then.
    withdrawn_at = models.DateTimeField(null=True, blank=True)

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
            models.UniqueConstraint(fields=["organization", "number"], name="contracts_are_numbered"),
            models.CheckConstraint(
                condition=models.Q(minimum_amount=None) | models.Q(minimum_amount__gt=0), name="a_minimum_is_an_amount"
            ),
            models.CheckConstraint(
                condition=models.Q(capacity_fee=None) | models.Q(capacity_fee__gte=0), name="a_fee_is_an_amount"
            ),
            models.CheckConstraint(condition=models.Q(review_days__range=(0, 90)), name="a_review_ends"),
            ExclusionConstraint(
                name="one_contract_of_an_organization_at_a_time",
                expressions=[("organization", RangeOperators.EQUAL), ("effective", RangeOperators.OVERLAPS)],
                condition=models.Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(effective__startswith__gt=models.F("withdrawn_at")),
                name="a_contract_is_withdrawn_before_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"Contract of {self.organization} from {periods.label(self.effective.lower, self.zone)}"

    def clean(self) -> None:
        if not currencies.is_known(self.currency):
            raise ValidationError({"currency": "This is no currency that amounts can be rounded in."})

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def terms(self) -> periods.Terms:
        return periods.Terms(self.anchor_day, self.zone, self.effective.lower, self.effective.upper)

    @property
    def target(self) -> trail.Target:
        return trail.Target("contract", f"{self.organization.uid}/contract/{self.pk}", str(self))
