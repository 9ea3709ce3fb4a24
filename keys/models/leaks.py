from typing import TYPE_CHECKING, cast

from django.db import models
from django.utils import timezone

from audit import trail
from keys import identifiers
from keys.gateways import GatewaySecret
from keys.models.keys import ApiKey
from keys.models.secrets import KeySecret
from orgs import policy, texts
from orgs.models import Organization

if TYPE_CHECKING:
    from orgs.models import Staff


class LeakReportQuerySet(models.QuerySet["LeakReport"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "LeakReportQuerySet":
        """Keep the reports about keys of the organizations in which the person holds the permission.

        A gateway's credential is of no organization: its leaks are for those who see gateway credentials.
        """
        of_keys = models.Q(secret__isnull=False) & policy.scope(user, permission).as_q("secret__key__organization__")
        if policy.scope(user, policy.Permission.GATEWAY_SEE).everything:
            return self.filter(of_keys | models.Q(gateway_secret__isnull=False))
        return self.filter(of_keys)

    def open(self) -> "LeakReportQuerySet":
        """Keep those that are not over: nothing was decided yet, or the secret was contained and works on."""
        return self.filter(outcome__in=LeakReport.UNFINISHED)

    def with_whose(self) -> "LeakReportQuerySet":
        """Fetch what a report is about along with it."""
        return self.select_related("secret__key__organization__plan_version__plan", "gateway_secret__credential")


class LeakReport(models.Model):
    """A secret of ours was seen where it should not be. What was pasted or reported is never kept, only what it was."""

    class Outcome(models.TextChoices):
        OPEN = "", "Open"
        REPLACED = "replaced", "Replaced"
        CONTAINED = "contained", "Contained"
        REVOKED = "revoked", "Revoked"
        ALREADY_DEAD = "already_dead", "Already dead"
        HARMLESS = "harmless", "Harmless"

    UNFINISHED = (Outcome.OPEN, Outcome.CONTAINED)

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
    def leaked(self) -> "KeySecret | GatewaySecret":
        """The secret that was seen."""
        return cast("KeySecret | GatewaySecret", self.secret or self.gateway_secret)

    @property
    def key(self) -> ApiKey | None:
        """The key whose secret it is; None where a gateway's credential leaked."""
        return self.secret.key if self.secret else None

    @property
    def organization(self) -> Organization | None:
        return self.secret.key.organization if self.secret else None

    @property
    def is_open(self) -> bool:
        return self.outcome in self.UNFINISHED

    @property
    def target(self) -> trail.Target:
        return trail.Target("leak", self.uid, str(self.leaked))
