"""A pilot: a customer's trial, with a beginning, an end and perhaps a cap. Its end is judged at decision time."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from audit import trail
from keys import pilot_terms
from orgs import policy
from orgs.models import Organization, PlanVersion

if TYPE_CHECKING:
    from orgs.models import Staff

USUAL_LENGTH = timedelta(days=30)
# As long as an account manager may let it run; beyond that it is an administrator's to say.
POLICY_LENGTH = timedelta(days=90)
# So long after it has expired it may still be extended.
RECENTLY = timedelta(days=14)


class PilotQuerySet(models.QuerySet["Pilot"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "PilotQuerySet":
        """Keep the pilots of organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def open(self) -> "PilotQuerySet":
        """Keep those that were started and neither converted, cancelled nor found expired."""
        return self.filter(state__in=Pilot.OPEN)

    def running(self, *, at: datetime) -> "PilotQuerySet":
        """Keep those whose calls pass at that time, as far as the pilot is concerned."""
        return self.open().filter(starts_at__lte=at, ends_at__gt=at)

    def over(self, *, at: datetime) -> "PilotQuerySet":
        """Keep those that have run out and of which that was not recorded, the first first."""
        return self.open().filter(ends_at__lte=at).order_by("ends_at", "pk")

    def ending(self, *, at: datetime) -> "PilotQuerySet":
        """Keep those that run, and end within 14 days, of organizations on trial, the first first."""
        soon = self.running(at=at).filter(ends_at__lte=at + pilot_terms.AHEAD)
        return soon.filter(organization__status=Organization.Status.PILOT).order_by("ends_at", "pk")

    def to_warn(self, *, at: datetime) -> "PilotQuerySet":
        """Keep those whose end has come so near that its people are to be told, and were not told yet."""
        marks = [models.When(ends_at__lte=at + timedelta(days=days), then=days) for days in sorted(pilot_terms.MARKS)]
        reached = models.Case(*marks, output_field=models.IntegerField())
        told = models.Q(mark__ends_at=models.F("ends_at"), mark__days_before__lte=models.F("reached"))
        return self.ending(at=at).annotate(reached=reached).exclude(told)


class Pilot(models.Model):
    """The one pilot of an organization that is to be, is, or was on trial; what it allows stands in limit rules.

    `generation_cap`, `rates` (requests a minute by API version) and `running_jobs` are what was agreed on; the rules
    follow from them once it is started.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        EXTENDED = "extended", "Extended"
        CONVERTED = "converted", "Converted"
        EXPIRED = "expired", "Expired"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (State.ACTIVE, State.EXTENDED)

    organization = models.OneToOneField(Organization, on_delete=models.PROTECT, related_name="pilot")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    generation_cap = models.PositiveBigIntegerField(null=True, blank=True)
    rates = models.JSONField(default=dict, blank=True)
    running_jobs = models.PositiveIntegerField(null=True, blank=True)
    # What it is to be converted to, agreed on long before.
    production_plan = models.ForeignKey(
        PlanVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="pilots_to_convert"
    )
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    # When it was converted or cancelled, or ran out.
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PilotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="a_pilot_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(generation_cap__isnull=True) | models.Q(generation_cap__gt=0),
                name="a_pilot_s_cap_lets_something_pass",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("draft", "active", "extended"), settled_at__isnull=True)
                | models.Q(state__in=("converted", "expired", "cancelled"), settled_at__isnull=False),
                name="a_settled_pilot_says_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"], condition=models.Q(state__in=("active", "extended")), name="pilots_by_their_end"
            )
        ]

    def __str__(self) -> str:
        return f"Pilot of {self.organization}"

    @property
    def target(self) -> trail.Target:
        return trail.Target("pilot", f"{self.organization.uid}/pilot", str(self))

    @property
    def is_open(self) -> bool:
        """Whether it was started and is not settled; its end may have passed a moment ago."""
        return self.state in self.OPEN

    def has_started(self, *, at: datetime) -> bool:
        return self.starts_at <= at

    def has_ended(self, *, at: datetime) -> bool:
        return self.ends_at <= at

    def is_running(self, *, at: datetime) -> bool:
        """Whether its calls pass at that time, as far as the pilot is concerned."""
        return self.is_open and self.starts_at <= at < self.ends_at

    def may_be_extended(self, *, at: datetime) -> bool:
        """Whether it runs, is to run, or has run out within the last 14 days."""
        ran_out = self.is_open or self.state == self.State.EXPIRED
        return ran_out and at < self.ends_at + RECENTLY
