from datetime import datetime, timedelta
from uuid import UUID

from django.db import models

from audit import trail
from keys.models import ApiKey
from metering import entries
from metering.models.periods import BillingPeriod
from orgs import policy
from orgs.models import Organization, Staff

# An id's time and the generation's own are never further apart: what is reported otherwise is not counted.
APART = timedelta(hours=24)


class GenerationQuerySet(models.QuerySet["Generation"]):
    def for_user(self, user: Staff, permission: policy.Permission) -> "GenerationQuerySet":
        """Keep the generations of the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def between(self, start: datetime, end: datetime) -> "GenerationQuerySet":
        """Keep what happened in start ≤ t < end; only the months that can hold it are read."""
        ids = ids_between(start, end)
        return self.filter(
            occurred_at__gte=start, occurred_at__lt=end, generation_id__gte=ids[0], generation_id__lt=ids[1]
        )

    def made_between(self, start: datetime, end: datetime) -> "GenerationQuerySet":
        """Keep those whose id was made in start ≤ t < end; no other part of the ledger is read."""
        return self.filter(generation_id__gte=first_id(start), generation_id__lt=first_id(end))

    def of_keys(self, environment: str) -> "GenerationQuerySet":
        """Keep the generations of live keys, or of test keys: the two are never added up."""
        return self.filter(environment=environment)


def ids_between(start: datetime, end: datetime) -> tuple[UUID, UUID]:
    """Return low ≤ id < high of whatever may have happened in start ≤ t < end."""
    return first_id(start - APART), first_id(end + APART + entries.MILLISECOND)


def first_id(at: datetime) -> UUID:
    """Return the least id that can have been made then."""
    return UUID(int=entries.milliseconds(at) << 80)


class Generation(models.Model):
    """One generation as the gateway reported it: written once, never changed or removed.

    Partitioned by the time in its UUIDv7, a month each, so that the primary key alone refuses a second one with the
    same id. Empty text stands for what the gateway did not say.
    """

    class ApiVersion(models.TextChoices):
        V1 = "v1", "v1"
        V2 = "v2", "v2"

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    class FailureCause(models.TextChoices):
        ENGINE = "engine", "Engine"
        TIMEOUT = "timeout", "Time-out"
        CONTENT = "content", "Content"
        CLIENT = "client", "Client"

    class Tier(models.TextChoices):
        DEDICATED = "dedicated", "Dedicated"
        SHARED = "shared", "Shared"
        OVERAGE = "overage", "Overage"
        PILOT = "pilot", "Pilot"
        SANDBOX = "sandbox", "Sandbox"

    generation_id = models.UUIDField(primary_key=True, editable=False)
    # No foreign key constraints: they would cost a look-up and a row lock for each of a billion rows, and what they
    # guard against cannot happen. The application may delete neither organizations, nor keys, nor periods.
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    # Of a late one alone: the period that contains it, which took no more when it was reported.
    original_period = models.ForeignKey(
        BillingPeriod, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False, null=True
    )
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    units = models.IntegerField()
    duration_ms = models.IntegerField(null=True)
    late = models.BooleanField(default=False)
    environment = models.CharField(max_length=8, choices=ApiKey.Environment)
    api_version = models.CharField(max_length=8, choices=ApiVersion)
    outcome = models.CharField(max_length=12, choices=Outcome)
    # The first half of a SHA-256 over the billing fields: the same id with another one is a conflict.
    fingerprint = models.BinaryField()
    resolution = models.CharField(max_length=16)
    aspect_ratio = models.CharField(max_length=16)
    service_tier = models.CharField(max_length=12, choices=Tier)
    failure_cause = models.CharField(max_length=12, choices=FailureCause)
    source = models.CharField(max_length=64)
    request_id = models.CharField(max_length=128)
    idempotency_key = models.CharField(max_length=255)
    stages = models.JSONField(null=True)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "generation_id"], name="generations_of_an_organization")]

    def __str__(self) -> str:
        return str(self.generation_id)

    @property
    def target(self) -> trail.Target:
        return trail.Target("generation", str(self.generation_id), str(self.generation_id))


class RejectedGenerationQuerySet(models.QuerySet["RejectedGeneration"]):
    def for_user(self, user: Staff, permission: policy.Permission) -> "RejectedGenerationQuerySet":
        """Keep those of the organizations in which the person holds it; of no known one for who holds it everywhere."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def unsettled(self) -> "RejectedGenerationQuerySet":
        """Keep those that nobody has counted on a retry or dismissed."""
        return self.filter(resolution=RejectedGeneration.Resolution.NONE)


class RejectedGeneration(models.Model):
    """An item that was not counted, kept as it came, so that it can be looked into and sent again.

    The same item for the same reason is one row, however often it is sent.
    """

    class Status(models.TextChoices):
        REJECTED = "rejected", "Rejected"
        CONFLICT = "conflict", "Conflict"
        REPLAY = "replay", "Replay"

    class Resolution(models.TextChoices):
        NONE = "none", "Not settled"
        RETRIED = "retried", "Counted on retry"
        DISMISSED = "dismissed", "Dismissed"

    status = models.CharField(max_length=8, choices=Status)
    code = models.CharField(max_length=32)
    fields = models.JSONField(default=list)
    generation_id = models.CharField(max_length=64, blank=True)
    organization = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=64)
    gateway = models.CharField(max_length=120)
    raw = models.TextField()
    fingerprint = models.BinaryField(unique=True)
    seen = models.PositiveBigIntegerField(default=1)
    received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    resolution = models.CharField(max_length=12, choices=Resolution, db_default=Resolution.NONE)
    resolved_by = models.CharField(max_length=trail.LONGEST_LABEL, blank=True, db_default="")
    resolved_at = models.DateTimeField(null=True)
    resolved_reason = models.CharField(max_length=trail.LONGEST_REASON, blank=True, db_default="")

    objects = RejectedGenerationQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(resolution="none", resolved_at__isnull=True)
                | models.Q(resolution__in=("retried", "dismissed"), resolved_at__isnull=False),
                name="a_reject_is_settled_at_some_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["last_received_at"], condition=models.Q(resolution="none"), name="rejects_to_be_settled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.generation_id or 'an item without an id'}: {self.code}"

    @property
    def target(self) -> trail.Target:
        return trail.Target("reject", f"reject/{self.pk}", str(self))
