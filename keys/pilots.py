"""A pilot: a customer's trial, with a beginning, an end and perhaps a cap. Its end is judged at decision time."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from audit import trail
from orgs.models import Organization

USUAL_LENGTH = timedelta(days=30)


class Pilot(models.Model):
    """The one pilot of an organization that is, or was, on trial."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        EXTENDED = "extended", "Extended"
        CONVERTED = "converted", "Converted"
        EXPIRED = "expired", "Expired"
        CANCELLED = "cancelled", "Cancelled"

    organization = models.OneToOneField(Organization, on_delete=models.PROTECT, related_name="pilot")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    generation_cap = models.PositiveBigIntegerField(null=True, blank=True)
    success_criteria = models.TextField(max_length=2000, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="a_pilot_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"Pilot of {self.organization}"

    @property
    def target(self) -> trail.Target:
        return trail.Target("pilot", f"{self.organization.uid}/pilot", str(self))

    def has_started(self, *, at: datetime) -> bool:
        return self.starts_at <= at

    def has_ended(self, *, at: datetime) -> bool:
        return self.ends_at <= at
