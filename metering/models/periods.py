from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from audit import trail
from metering import period_names
from metering.models.contracts import Contract
from orgs import policy
from orgs.models import Organization, Staff


class BillingPeriodQuerySet(models.QuerySet["BillingPeriod"]):
    def containing(self, at: datetime) -> "BillingPeriodQuerySet":
        """Keep the period of each organization that contains that time."""
        return self.filter(span__contains=at)

    def for_user(self, user: Staff, permission: policy.Permission) -> "BillingPeriodQuerySet":
        """Keep those of the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def of_organization(self, uid_or_slug: str) -> "BillingPeriodQuerySet":
        """Keep those of the organization with that id or slug."""
        return self.filter(models.Q(organization__uid=uid_or_slug) | models.Q(organization__slug=uid_or_slug))

    def unfinished(self) -> "BillingPeriodQuerySet":
        """Keep those that are not final."""
        return self.exclude(state=BillingPeriod.State.FINAL)


class BillingPeriod(models.Model):
    """A stretch of time that is billed at once: start ≤ t < end. Its state has no way back; final stays as it is."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        REVIEW = "review", "In review"
        CLOSING = "closing", "Closing"
        FINAL = "final", "Final"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="billing_periods")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="billing_periods")
    span = DateTimeRangeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    # Year and month of its local start, with the day where that is not the 1st: what people and the gateway call it.
    label = models.CharField(max_length=10)
    # Set when review begins: until then generations may still come in, and nothing is billed without a person.
    review_until = models.DateTimeField(null=True)
    # A person holds it back, for a dispute; none of the three is set where nobody does.
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=200, blank=True)
    hold_reason = models.CharField(max_length=500, blank=True)
    # A person lets it be billed although gateway counts differ or usage has no price.
    override_at = models.DateTimeField(null=True)
    override_by = models.CharField(max_length=200, blank=True)
    override_reason = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True)

    objects = BillingPeriodQuerySet.as_manager()

    class Meta:
        ordering = ["organization_id", "span"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(span__lower_inc=True, span__upper_inc=False, span__upper_inf=False),
                name="a_billing_period_is_half_open_and_has_both_ends",
            ),
            ExclusionConstraint(
                name="billing_periods_do_not_overlap",
                expressions=[("organization", RangeOperators.EQUAL), ("span", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=models.Q(held_at=None, held_by="", hold_reason="")
                | (models.Q(held_at__isnull=False) & ~models.Q(held_by="") & ~models.Q(hold_reason="")),
                name="a_hold_has_a_person_and_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(override_at=None, override_by="", override_reason="")
                | (models.Q(override_at__isnull=False) & ~models.Q(override_by="") & ~models.Q(override_reason="")),
                name="an_override_has_a_person_and_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(finished_at=None) | models.Q(state="final"), name="only_a_final_period_is_finished"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization"], name="unfinished_billing_periods", condition=~models.Q(state="final")
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def called(self) -> str:
        """Its name for people, where a heading or a sentence begins: `Period from 15 October 2026`."""
        return period_names.named(self.label)

    @property
    def mentioned(self) -> str:
        """Its name within a sentence: `the period from 15 October 2026`."""
        return period_names.mentioned(self.label)

    @property
    def zone(self) -> ZoneInfo:
        return self.contract.zone

    @property
    def is_held(self) -> bool:
        return self.held_at is not None

    @property
    def target(self) -> trail.Target:
        return trail.Target("period", f"{self.organization.uid}/{self.label}", self.label)
