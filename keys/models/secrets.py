from datetime import datetime

from django.db import models
from django.utils import timezone


class KeySecret(models.Model):
    """One secret of a key: of the credential only its digest, sealed. Retired ones stay, so as to be told apart.

    A pending one works from `activates_at` on, and its predecessor has its end set by then. An overlap that counts from
    the first use of the successor (`overlap_after_use`) ends at `overlap_until` at the latest.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        ACTIVE = "active", "Active"
        OVERLAP = "overlap", "Overlap"
        RETIRED = "retired", "Retired"

    key = models.ForeignKey("keys.ApiKey", on_delete=models.PROTECT, related_name="secrets")
    public_id = models.CharField(max_length=12, unique=True)
    # Nobody knows the last letters of an imported one.
    last_four = models.CharField(max_length=4, blank=True)
    # What an imported credential begins with; ours carry their format's.
    imported_prefix = models.CharField(max_length=32, blank=True)
    digest = models.BinaryField()
    ring_id = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    activates_at = models.DateTimeField(null=True, blank=True)
    overlap_began_at = models.DateTimeField(null=True, blank=True)
    overlap_after_use = models.DurationField(null=True, blank=True)
    overlap_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=["key"],
                    condition=models.Q(state=state),
                    name=f"one_{state}_secret_per_key",
                )
                for state in ("pending", "active", "overlap")
            ),
            models.CheckConstraint(
                condition=~models.Q(state="overlap") | models.Q(overlap_until__isnull=False),
                name="an_overlap_has_an_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="pending") | models.Q(activates_at__isnull=False),
                name="a_pending_secret_says_when_it_begins",
            ),
        ]
        indexes = [
            # Which prefixes there are is asked all the time; few secrets have one.
            models.Index(
                fields=["imported_prefix"],
                condition=~models.Q(imported_prefix=""),
                name="imported_secrets_by_prefix",
            )
        ]

    def __str__(self) -> str:
        if self.imported_prefix:
            return f"{self.imported_prefix}… ({self.public_id})"
        return f"axk_{self.key.environment}_{self.public_id}"

    @property
    def began_at(self) -> datetime:
        """When it became the one that works, or will."""
        return self.activates_at or self.created_at

    @property
    def first_used_at(self) -> datetime | None:
        use: SecretUse | None = getattr(self, "use", None)
        return use.first_used_at if use else None

    @property
    def was_cancelled(self) -> bool:
        """Whether it was to begin at a time of its own, and was retired before."""
        return bool(self.activates_at and self.retired_at and self.retired_at < self.activates_at)

    def is_retired(self, *, at: datetime) -> bool:
        """Say whether the secret has stopped working by the clock, whether or not the sweep has seen it."""
        over = self.overlap_until is not None and self.overlap_until <= at
        return self.state == self.State.RETIRED or (self.state != self.State.PENDING and over)


class SecretUse(models.Model):
    """When and from where a secret was used. Outside the guard: flushed from the counter store once a minute."""

    secret = models.OneToOneField(KeySecret, on_delete=models.PROTECT, related_name="use")
    first_used_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True, blank=True, db_index=True)
    user_agent = models.CharField(max_length=200, blank=True)
    api_version = models.CharField(max_length=8, blank=True)

    def __str__(self) -> str:
        return f"{self.secret_id}: {self.last_used_at:%F %T}"
