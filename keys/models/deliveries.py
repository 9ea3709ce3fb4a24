from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from audit import trail
from keys import identifiers
from keys.models.secrets import KeySecret
from orgs import policy, texts
from orgs.models import Organization

if TYPE_CHECKING:
    from orgs.models import Staff


class DeliveryLinkQuerySet(models.QuerySet["DeliveryLink"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "DeliveryLinkQuerySet":
        """Keep the links to secrets of the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("secret__key__organization__"))

    def unopened(self) -> "DeliveryLinkQuerySet":
        """Keep those that nobody has opened or cancelled, expired ones too."""
        return self.filter(opened_at=None, cancelled_at=None)

    def alarmed(self) -> "DeliveryLinkQuerySet":
        """Keep those that were opened again, while their secret is its key's current one: rotating settles them."""
        current = (KeySecret.State.ACTIVE, KeySecret.State.PENDING)
        of_key = models.Q(("secret__key__state", "revoked"))
        return self.exclude(alarmed_at=None).filter(~of_key, secret__state__in=current)

    def due(self, *, at: datetime) -> "DeliveryLinkQuerySet":
        """Keep those that ran out with their ciphertext still there, and those whose secret has stopped for good."""
        over = models.Q(secret__state=KeySecret.State.RETIRED) | models.Q(("secret__key__state", "revoked"))
        return self.unopened().filter(models.Q(expires_at__lte=at, ciphertext__isnull=False) | over)

    def with_keys(self) -> "DeliveryLinkQuerySet":
        """Fetch what a list of links shows, in two statements."""
        return self.select_related("secret__key__organization").prefetch_related("secret__key__secrets")


class DeliveryLink(models.Model):
    """A link by which a customer reveals a secret, once. The ciphertext opens with the token of the link alone."""

    uid = models.CharField(max_length=24, unique=True, default=identifiers.delivery_uid, editable=False)
    secret = models.ForeignKey(KeySecret, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.CharField(max_length=254, validators=[texts.one_line])
    salt = models.BinaryField(null=True)
    ciphertext = models.BinaryField(null=True)
    # What the token is known by once the ciphertext is gone, so that a wrong guess never raises the alarm.
    verifier = models.BinaryField()
    # Made in bulk and given to nobody: the secret stands nowhere, and a resent link brings one that can be handed over.
    is_held = models.BooleanField(default=False, db_default=False)
    expires_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_at = models.DateTimeField(null=True)
    opened_address = models.GenericIPAddressField(null=True)
    opened_user_agent = models.CharField(max_length=200, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    # The last try to open it after the reveal, and how many there were.
    alarmed_at = models.DateTimeField(null=True)
    late_opens = models.PositiveIntegerField(default=0)

    objects = DeliveryLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opened_at__isnull=True, cancelled_at__isnull=True)
                | models.Q(ciphertext__isnull=True, salt__isnull=True),
                name="an_ended_delivery_keeps_no_secret",
            ),
            models.CheckConstraint(
                condition=models.Q(is_held=False) | models.Q(ciphertext=None, salt=None, opened_at=None),
                name="a_held_delivery_has_nothing_to_open",
            ),
            models.UniqueConstraint(
                fields=["secret"],
                condition=models.Q(opened_at=None, cancelled_at=None),
                name="one_open_delivery_per_secret",
            ),
        ]

    def __str__(self) -> str:
        return self.uid

    @property
    def target(self) -> trail.Target:
        return trail.Target("delivery", self.uid, self.recipient)

    @property
    def organization(self) -> Organization:
        return self.secret.key.organization

    def has_stopped(self, *, at: datetime) -> bool:
        """Say whether the secret behind it has stopped working for good, so that revealing it helps nobody."""
        key = self.secret.key
        gone = key.state == key.State.REVOKED or key.is_expired(at=at)
        return gone or self.secret.is_retired(at=at) or key.organization.status == Organization.Status.CLOSED

    def is_open(self, *, at: datetime) -> bool:
        return self.opened_at is None and self.cancelled_at is None and at < self.expires_at
