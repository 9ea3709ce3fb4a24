from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Coalesce, Upper
from django.utils import timezone

from audit import trail
from keys import identifiers, rotation
from keys.endless import Infinity
from keys.models.secrets import KeySecret, SecretUse
from orgs import policy, texts
from orgs.models import Organization

if TYPE_CHECKING:
    from orgs.models import Staff


def _rotation_due() -> models.Case:
    secrets = KeySecret.objects.filter(key=models.OuterRef("pk"))
    began = secrets.filter(state=KeySecret.State.ACTIVE).values(at=Coalesce("activates_at", "created_at"))
    due = models.ExpressionWrapper(
        models.Subquery(began[:1]) + models.F("rotate_every"), output_field=models.DateTimeField()
    )
    pending = models.Exists(secrets.filter(state=KeySecret.State.PENDING))
    return models.Case(models.When(~pending, then=due))


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "ApiKeyQuerySet":
        """Keep the keys of the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def usable(self, *, at: datetime) -> "ApiKeyQuerySet":
        """Keep the keys that would pass at this time, whatever their organization's state."""
        return self.filter(
            models.Q(not_before=None) | models.Q(not_before__lte=at),
            models.Q(expires_at=None) | models.Q(expires_at__gt=at),
            state=ApiKey.State.ACTIVE,
        )

    def matching(self, text: str) -> "ApiKeyQuerySet":
        """Keep those whose name, id or key prefix contains the text."""
        prefix = models.Exists(KeySecret.objects.filter(key=models.OuterRef("pk"), public_id__icontains=text[-12:]))
        return self.filter(models.Q(name__icontains=text) | models.Q(uid__icontains=text) | prefix)

    def with_rotation_due(self) -> "ApiKeyQuerySet":
        """Add `rotation_due`: when the key's next rotation is due; None where it needs none, or one is scheduled."""
        return self.annotate(rotation_due=_rotation_due())

    def due_for_rotation(self, *, by: datetime) -> "ApiKeyQuerySet":
        """Keep the keys in use whose rotation is due by then, the longest overdue first."""
        due = self.usable(at=by).annotate(rotation_due=_rotation_due())
        return due.filter(rotation_due__lte=by).order_by("rotation_due", "pk")

    def rotating(self, *, at: datetime) -> "ApiKeyQuerySet":
        """Keep the keys of which two secrets work at this time."""
        # From the side of the secrets, because few of them are in these states.
        begun = KeySecret.objects.filter(state=KeySecret.State.PENDING, activates_at__lte=at).order_by().values("key")
        works_on = KeySecret.objects.filter(overlap_until__gt=at).order_by().values("key")
        old = works_on.filter(state=KeySecret.State.OVERLAP).exclude(key__in=begun)
        stepping_down = works_on.filter(state=KeySecret.State.ACTIVE, key__in=begun)
        return self.filter(pk__in=old.union(stepping_down, all=True))

    def with_secrets(self) -> "ApiKeyQuerySet":
        """Fetch what a list of keys shows, in a fixed number of statements."""
        secrets = KeySecret.objects.select_related("use").order_by("-id")
        return self.select_related("organization").prefetch_related(models.Prefetch("secrets", secrets))


class ApiKey(models.Model):
    """A key as people think of it: it keeps its id, its history and its limits through every rotation."""

    class Environment(models.TextChoices):
        LIVE = "live", "Live"
        TEST = "test", "Test"

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        REVOKED = "revoked", "Revoked"

    class RevokeCode(models.TextChoices):
        LEAKED = "leaked", "Leaked"
        REPLACED = "replaced", "Replaced"
        NO_LONGER_USED = "no_longer_used", "No longer used"
        CUSTOMER_WISH = "customer_wish", "By customer's wish"
        ABUSE = "abuse", "Abuse"
        OTHER = "other", "Other"

    uid = models.CharField(max_length=24, unique=True, default=identifiers.key_uid, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=80, validators=[texts.one_line])
    purpose = models.CharField(max_length=200, blank=True, validators=[texts.one_line])
    environment = models.CharField(max_length=8, choices=Environment)
    api_versions = ArrayField(models.CharField(max_length=8))
    allowed_cidrs = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=500, blank=True)
    pause_ticket = models.CharField(max_length=64, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoke_code = models.CharField(max_length=16, choices=RevokeCode, blank=True)
    revoke_reason = models.CharField(max_length=500, blank=True)
    revoke_ticket = models.CharField(max_length=64, blank=True)
    rotate_every = models.DurationField(null=True, blank=True)
    version = models.BigIntegerField(default=1, editable=False)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # An index for each order of the list, and for the words that are looked for.
            models.Index(Upper("name"), "id", name="keys_by_name"),
            models.Index(Coalesce("expires_at", Infinity()), "id", name="keys_by_expiry"),
            models.Index(fields=["created_at", "id"], name="keys_by_creation"),
            models.Index(fields=["created_by", "created_at"], name="keys_by_creator"),
            models.Index(fields=["state", "id"], condition=~models.Q(state="active"), name="keys_out_of_use"),
            models.Index(
                fields=["id"], condition=models.Q(rotate_every__isnull=False), name="keys_that_rotate_by_plan"
            ),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="keys_by_part_of_name"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "environment", "name"],
                condition=~models.Q(state="revoked"),
                name="one_live_key_per_name",
            ),
            models.CheckConstraint(
                condition=models.Q(state="revoked", revoked_at__isnull=False)
                | (~models.Q(state="revoked") & models.Q(revoked_at__isnull=True)),
                name="a_revoked_key_says_when",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="paused") | models.Q(paused_at__isnull=False),
                name="a_paused_key_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> trail.Target:
        return trail.Target("key", self.uid, self.name)

    @property
    def active_secret(self) -> "KeySecret | None":
        return self._secret(KeySecret.State.ACTIVE)

    @property
    def last_use(self) -> "SecretUse | None":
        """The latest use of any of its secrets, overlapping and retired ones too."""
        uses = [secret.use for secret in self.secrets.all() if hasattr(secret, "use")]
        return max(uses, key=lambda use: use.last_used_at, default=None)

    def standing(self, *, at: datetime) -> rotation.Standing:
        """Return which of its secrets is which by the clock."""
        return rotation.standing(self.secrets.all(), at=at)

    def is_rotating(self, *, at: datetime) -> bool:
        return self.standing(at=at).old is not None

    def rotation_due_at(self, *, at: datetime) -> datetime | None:
        """Return when its next rotation is due; None where it needs none, or one is scheduled."""
        current, _, pending = self.standing(at=at)
        if self.rotate_every is None or current is None or pending is not None:
            return None
        return current.began_at + self.rotate_every

    def is_expired(self, *, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    def _secret(self, state: "KeySecret.State") -> "KeySecret | None":
        return next((secret for secret in self.secrets.all() if secret.state == state), None)
