from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.utils import timezone

from audit import trail
from keys.models import ApiKey
from metering import currencies, identifiers
from metering.models.generations import Generation
from metering.models.periods import BillingPeriod
from orgs import policy
from orgs.models import Organization, Staff

if TYPE_CHECKING:
    from datetime import datetime


class AdjustmentKind(models.TextChoices):
    """Of an adjustment: one generation that is not billed, or money in one direction or the other."""

    VOID = "void", "Void"
    CREDIT = "credit", "Credit"
    CHARGE = "charge", "Charge"
    CORRECTION = "correction", "Correction"


# Below zero is in the customer's favour. The database holds amounts to it.
_MONEY = (
    models.Q(kind=AdjustmentKind.CREDIT, amount__lt=0)
    | models.Q(kind=AdjustmentKind.CHARGE, amount__gt=0)
    | models.Q(kind=AdjustmentKind.CORRECTION) & ~models.Q(amount=0)
)


class AdjustmentRequestQuerySet(models.QuerySet["AdjustmentRequest"]):
    def for_user(self, user: Staff, permission: policy.Permission) -> "AdjustmentRequestQuerySet":
        """Keep those of the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def waiting(self) -> "AdjustmentRequestQuerySet":
        """Keep those that nobody has decided yet."""
        return self.filter(state=AdjustmentRequest.State.PROPOSED)

    def not_of(self, user: Staff) -> "AdjustmentRequestQuerySet":
        """Keep those that somebody else asked for."""
        return self.exclude(requested_by=user)


class AdjustmentRequest(models.Model):
    """What somebody wants changed on a bill. Somebody else decides, once; what was asked never changes."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waiting"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    Kind = AdjustmentKind

    uid = models.CharField(max_length=24, unique=True, default=identifiers.adjustment_request_uid, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="adjustment_requests")
    kind = models.CharField(max_length=12, choices=AdjustmentKind)
    generation_id = models.UUIDField(null=True)
    # Where it is counted; of a void that is known once it is approved.
    period = models.ForeignKey(BillingPeriod, null=True, on_delete=models.PROTECT, related_name="+")
    # The period that it is about, where that one is no longer counted into.
    original_period = models.ForeignKey(BillingPeriod, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    reason = models.CharField(max_length=trail.LONGEST_REASON)
    ticket = models.CharField(max_length=trail.LONGEST_TICKET, blank=True)
    requested_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=12, choices=State, default=State.PROPOSED)
    decided_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=trail.LONGEST_REASON, blank=True)

    objects = AdjustmentRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="void", generation_id__isnull=False, amount__isnull=True, currency="")
                | models.Q(generation_id__isnull=True, amount__isnull=False, currency__regex="^[A-Z]{3}$")
                & models.Q(period__isnull=False)
                & _MONEY,
                name="a_request_is_a_void_or_money",
            ),
            models.CheckConstraint(
                condition=models.Q(state="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | models.Q(state__in=("approved", "declined"), decided_by__isnull=False, decided_at__isnull=False)
                & ~models.Q(decided_by=models.F("requested_by"))
                | models.Q(state="withdrawn", decided_by__isnull=False, decided_at__isnull=False)
                & models.Q(decided_by=models.F("requested_by")),
                name="nobody_decides_what_they_asked_for",
            ),
            models.UniqueConstraint(
                fields=["generation_id"],
                condition=models.Q(kind="void", state__in=("proposed", "approved")),
                name="one_request_to_void_a_generation",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=models.Q(state="proposed"), name="requests_that_wait"),
        ]

    def __str__(self) -> str:
        if self.is_void:
            return f"Void of {self.generation_id}"
        return f"{self.get_kind_display()}: {self.text}"

    @property
    def is_void(self) -> bool:
        return self.kind == AdjustmentKind.VOID

    @property
    def amount_said(self) -> str:
        """What it adds to the bill, as people write it; nothing of a void."""
        return currencies.said(self.amount, self.currency) if self.amount is not None else ""

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.PROPOSED

    @property
    def target(self) -> trail.Target:
        return trail.Target("adjustment", self.uid, str(self))


class AdjustmentQuerySet(models.QuerySet["Adjustment"]):
    def voids(self) -> "AdjustmentQuerySet":
        """Keep the generations that are not billed."""
        return self.filter(kind=AdjustmentKind.VOID)

    def money(self) -> "AdjustmentQuerySet":
        """Keep the amounts."""
        return self.exclude(kind=AdjustmentKind.VOID)

    def of_generations(self, ids: Iterable[UUID]) -> "AdjustmentQuerySet":
        """Keep the voids of these generations."""
        return self.voids().filter(generation_id__in=ids)

    def between(self, start: "datetime", end: "datetime") -> "AdjustmentQuerySet":
        """Keep the voids of what happened in start ≤ t < end."""
        return self.voids().filter(occurred_at__gte=start, occurred_at__lt=end)


class Adjustment(models.Model):
    """What was changed on a bill after two people agreed: written once, never changed or removed.

    A void carries the row of the rollups that it took one generation and its cost units from.
    """

    Kind = AdjustmentKind

    sequence = models.PositiveBigIntegerField(unique=True)
    number = models.CharField(max_length=24, unique=True)
    request = models.OneToOneField(AdjustmentRequest, on_delete=models.PROTECT, related_name="adjustment")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="adjustments")
    kind = models.CharField(max_length=12, choices=AdjustmentKind)
    generation_id = models.UUIDField(null=True)
    # Counted into; null for a void of what no contract covers.
    period = models.ForeignKey(BillingPeriod, null=True, on_delete=models.PROTECT, related_name="adjustments")
    original_period = models.ForeignKey(BillingPeriod, null=True, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    text = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField(null=True)
    hour = models.DateTimeField(null=True)
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    environment = models.CharField(max_length=8, choices=ApiKey.Environment, blank=True)
    api_version = models.CharField(max_length=8, choices=Generation.ApiVersion, blank=True)
    outcome = models.CharField(max_length=12, choices=Generation.Outcome, blank=True)
    resolution = models.CharField(max_length=16, blank=True)
    aspect_ratio = models.CharField(max_length=16, blank=True)
    service_tier = models.CharField(max_length=12, choices=Generation.Tier, blank=True)
    failure_cause = models.CharField(max_length=12, choices=Generation.FailureCause, blank=True)
    units = models.PositiveIntegerField(null=True)
    requested_by = models.CharField(max_length=trail.LONGEST_LABEL)
    approved_by = models.CharField(max_length=trail.LONGEST_LABEL)
    created_at = models.DateTimeField()

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        ordering = ["-sequence"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind="void",
                    generation_id__isnull=False,
                    amount__isnull=True,
                    occurred_at__isnull=False,
                    hour__isnull=False,
                    key__isnull=False,
                    units__isnull=False,
                    units__gt=0,
                )
                | models.Q(generation_id__isnull=True, amount__isnull=False, period__isnull=False) & _MONEY,
                name="an_adjustment_is_a_void_or_money",
            ),
            models.UniqueConstraint(
                fields=["generation_id"], condition=models.Q(kind="void"), name="a_generation_is_voided_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "hour"], condition=models.Q(kind="void"), name="voids_of_an_organization"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_void(self) -> bool:
        return self.kind == AdjustmentKind.VOID
