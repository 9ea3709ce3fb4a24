from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from orgs import policy

if TYPE_CHECKING:
    from orgs.models.staff import Staff


class NoticeQuerySet(models.QuerySet["Notice"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "NoticeQuerySet":
        """Keep the notices of organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def waiting(self) -> "NoticeQuerySet":
        """Keep those that are still to be sent."""
        return self.filter(state=Notice.State.WAITING)

    def stuck(self) -> "NoticeQuerySet":
        """Keep those that wait because the mail server did not take them."""
        return self.waiting().filter(attempts__gt=0)

    def failed(self) -> "NoticeQuerySet":
        """Keep those that nobody will get."""
        return self.filter(state=Notice.State.FAILED)


class Notice(models.Model):
    """A mail to a contact, written in the transaction of what it tells of, and sent by a sweep.

    `about` names what it tells of, so that nobody is told twice. Unguarded: it changes nothing for the customer.
    """

    class Kind(models.TextChoices):
        KEY_ISSUED = "key_issued", "A key is issued"
        KEY_ROTATED = "key_rotated", "A key gets a new secret"
        KEY_PAUSED = "key_paused", "A key is paused or works again"
        KEY_REVOKED = "key_revoked", "A key is revoked"
        KEY_EXPIRING = "key_expiring", "A key expires in 30, 14, 7 or 1 days"
        KEY_EXPIRED = "key_expired", "A key has expired"
        ORGANIZATION_SUSPENDED = "organization_suspended", "The organization is suspended or reinstated"
        LIMIT_CHANGED = "limit_changed", "A limit or the plan changes"
        QUOTA_USED = "quota_used", "A quota is used up to a step at which it warns"
        PILOT_CHANGED = "pilot_changed", "A pilot starts, changes, is extended, converted or cancelled"
        PILOT_ENDING = "pilot_ending", "A pilot ends in 14, 7 or 1 days, has ended, or has used 80 % of its cap"
        STATEMENT_ISSUED = "statement_issued", "A statement or a credit note is issued"
        USAGE_REACHED = "usage_reached", "Included generations or the minimum are used up to 50, 80, 95 or 100 %"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        # The contact was removed before it was sent.
        DROPPED = "dropped", "Dropped"
        FAILED = "failed", "Failed"

    organization = models.ForeignKey("orgs.Organization", on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=24, choices=Kind)
    about = models.CharField(max_length=160)
    contact = models.CharField(max_length=400)
    email = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    # What `orgs.attachments` makes the file of that goes with it; empty: none.
    attachment = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["about", "email"], name="each_address_is_told_once"),
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False)
                | (~models.Q(state="sent") & models.Q(sent_at__isnull=True)),
                name="a_sent_notice_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="waiting"), name="notices_to_send"),
            models.Index(fields=["-created_at"], condition=models.Q(state="failed"), name="notices_that_failed"),
            models.Index(fields=["organization", "-id"], name="notices_of_an_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.email}"
