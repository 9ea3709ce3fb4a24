from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models

from audit import trail
from orgs import policy
from orgs.objectives import Objective

if TYPE_CHECKING:
    from orgs.models.staff import Staff


class PlanQuerySet(models.QuerySet["Plan"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "PlanQuerySet":
        """Keep all plans, or none: they belong to no organization."""
        return self if policy.can(user, permission) else self.none()


class Plan(models.Model):
    """A named offer; what it contains stands in its versions."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> trail.Target:
        return trail.Target("plan", self.code, self.name)


class PlanVersion(models.Model):
    """The terms of a plan at one time. A published version never changes; a new one does."""

    class StoreDown(models.TextChoices):
        OPEN = "open", "Admit, marked as degraded"
        CLOSED = "closed", "Refuse with 503"

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    api_versions = ArrayField(models.CharField(max_length=8))
    default_key_days = models.PositiveIntegerField(
        help_text="How long a key lives unless somebody says otherwise, in days."
    )
    longest_key_days = models.PositiveIntegerField(
        null=True, help_text="The longest life of a key in days; empty: none."
    )
    longest_overlap_hours = models.PositiveIntegerField(default=168)
    counter_store_down = models.CharField(max_length=8, choices=StoreDown, default=StoreDown.OPEN)
    approval_threshold = models.PositiveIntegerField(
        null=True, help_text="Requests a minute up to which anybody who sets limits may go; empty: none."
    )
    # What is promised of each API version in a month; empty: nothing. Percent, and milliseconds.
    v1_availability = models.DecimalField(max_digits=5, decimal_places=3, null=True)
    v1_p95_ms = models.PositiveIntegerField(null=True)
    v2_availability = models.DecimalField(max_digits=5, decimal_places=3, null=True)
    v2_p95_ms = models.PositiveIntegerField(null=True)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["plan_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="one_version_of_a_plan_per_number"),
            models.CheckConstraint(
                condition=models.Q(v1_availability__gte=Decimal(50), v1_availability__lt=Decimal(100))
                | models.Q(v1_availability=None),
                name="v1_is_promised_a_part_of_the_time",
            ),
            models.CheckConstraint(
                condition=models.Q(v2_availability__gte=Decimal(50), v2_availability__lt=Decimal(100))
                | models.Q(v2_availability=None),
                name="v2_is_promised_a_part_of_the_time",
            ),
            models.CheckConstraint(
                condition=(models.Q(v1_p95_ms=None) | models.Q(v1_p95_ms__gt=0))
                & (models.Q(v2_p95_ms=None) | models.Q(v2_p95_ms__gt=0)),
                name="a_promised_time_is_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.name}, version {self.number}"

    @property
    def longest_overlap(self) -> timedelta:
        """How long an old secret may work beside the new one."""
        return timedelta(hours=self.longest_overlap_hours)

    def objective(self, api_version: str) -> Objective:
        """Return what the plan promises of an API version; nothing of one that it does not know."""
        promised = {
            "v1": Objective(self.v1_availability, self.v1_p95_ms),
            "v2": Objective(self.v2_availability, self.v2_p95_ms),
        }
        return promised.get(api_version, Objective())
