"""The generation gateway's own credentials: made, listed and revoked like keys, but of no organization."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from audit import trail
from keys import identifiers
from orgs import policy, texts

if TYPE_CHECKING:
    from orgs.models import Staff


class Scope(models.TextChoices):
    VALIDATE = "keys:validate", "Validate keys"
    USAGE = "usage:write", "Report generations"
    CHANGES = "changes:read", "Read the change feed"
    LEAKS = "leaks:report", "Report leaks"


DEFAULT_SCOPES = (Scope.VALIDATE, Scope.USAGE, Scope.CHANGES)


def default_scopes() -> list[str]:
    """Return the scopes of a credential for which nobody chose any."""
    return [scope.value for scope in DEFAULT_SCOPES]


class GatewayCredentialQuerySet(models.QuerySet["GatewayCredential"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "GatewayCredentialQuerySet":
        """Keep all of them for a person who holds the permission everywhere, else none."""
        return self.all() if policy.scope(user, permission).everything else self.none()


class GatewayCredential(models.Model):
    """A named gateway, or a group of them, with at most two live secrets."""

    class Environment(models.TextChoices):
        PRODUCTION = "production", "Production"
        STAGING = "staging", "Staging"

    uid = models.CharField(max_length=24, unique=True, default=identifiers.gateway_uid, editable=False)
    name = models.CharField(max_length=80, validators=[texts.one_line])
    environment = models.CharField(max_length=12, choices=Environment, default=Environment.PRODUCTION)
    scopes = ArrayField(models.CharField(max_length=24, choices=Scope), default=default_scopes)
    allowed_cidrs = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoke_reason = models.CharField(max_length=500, blank=True)
    # Guards forms against changing another state than the person saw.
    version = models.BigIntegerField(default=1, editable=False)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = GatewayCredentialQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(revoked_at=None),
                name="one_live_gateway_credential_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> trail.Target:
        return trail.Target("gateway", self.uid, self.name)

    @property
    def active_secret(self) -> "GatewaySecret | None":
        return next(
            (secret for secret in self.secrets.all() if secret.state == GatewaySecret.State.ACTIVE),
            None,
        )

    @property
    def overlap_secret(self) -> "GatewaySecret | None":
        return next(
            (secret for secret in self.secrets.all() if secret.state == GatewaySecret.State.OVERLAP),
            None,
        )

    def is_expired(self, *, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at


class GatewaySecret(models.Model):
    """One secret of a gateway credential, kept as its sealed digest."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        OVERLAP = "overlap", "Overlap"
        RETIRED = "retired", "Retired"

    credential = models.ForeignKey(GatewayCredential, on_delete=models.PROTECT, related_name="secrets")
    public_id = models.CharField(max_length=12, unique=True)
    last_four = models.CharField(max_length=4)
    digest = models.BinaryField()
    ring_id = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    overlap_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["credential"],
                condition=models.Q(state=state),
                name=f"one_{state}_secret_per_gateway_credential",
            )
            for state in ("active", "overlap")
        ]

    def __str__(self) -> str:
        return f"axg_{self.public_id}"

    def is_retired(self, *, at: datetime) -> bool:
        """Say whether the secret has stopped working by the clock, whether or not the sweep has seen it."""
        over = self.overlap_until is not None and self.overlap_until <= at
        return self.state == self.State.RETIRED or over


class GatewayUse(models.Model):
    """When a gateway credential was used last. Outside the guard: flushed from the counter store once a minute."""

    credential = models.OneToOneField(GatewayCredential, on_delete=models.PROTECT, related_name="use")
    last_used_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.credential_id}: {self.last_used_at:%F %T}"
