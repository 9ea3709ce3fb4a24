from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from audit import trail
from keys import identifiers
from keys.gateways import GatewaySecret
from keys.models.secrets import KeySecret
from orgs import policy, texts

if TYPE_CHECKING:
    from orgs.models import Staff


class LeakReportQuerySet(models.QuerySet["LeakReport"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "LeakReportQuerySet":
        """Keep the reports about keys of the organizations in which the person holds the permission."""
        scope = policy.scope(user, permission)
        return self.all() if scope.everything else self.filter(scope.as_q("secret__key__organization__"))


class LeakReport(models.Model):
    """A secret of ours was seen where it should not be. What was pasted or reported is never kept, only what it was."""

    class Outcome(models.TextChoices):
        OPEN = "", "Open"
        REPLACED = "replaced", "Replaced"
        CONTAINED = "contained", "Contained"
        REVOKED = "revoked", "Revoked"
        ALREADY_DEAD = "already_dead", "Already dead"
        HARMLESS = "harmless", "Harmless"

    uid = models.CharField(max_length=24, unique=True, default=identifiers.leak_uid, editable=False)
    secret = models.ForeignKey(KeySecret, null=True, on_delete=models.PROTECT, related_name="leaks")
    gateway_secret = models.ForeignKey(GatewaySecret, null=True, on_delete=models.PROTECT, related_name="leaks")
    source = models.CharField(max_length=100, validators=[texts.one_line])
    url = models.CharField(max_length=1000, blank=True, validators=[texts.one_line])
    exposed_since = models.DateTimeField()
    reported_by = models.CharField(max_length=200)
    reported_at = models.DateTimeField(default=timezone.now, editable=False)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True, default=Outcome.OPEN)
    closed_at = models.DateTimeField(null=True)

    objects = LeakReportQuerySet.as_manager()

    class Meta:
        ordering = ["-reported_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(secret__isnull=False, gateway_secret__isnull=True)
                | models.Q(secret__isnull=True, gateway_secret__isnull=False),
                name="a_leak_is_of_one_secret",
            )
        ]

    def __str__(self) -> str:
        return self.uid

    @property
    def target(self) -> trail.Target:
        return trail.Target("leak", self.uid, self.source)
