"""The trail's one table. Rows are written by `audit.trail` alone, and never changed."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.expressions import Func

from audit import fingerprint, uuid7

NEWEST = ("-occurred_at", "-id")
# In the order that the SQL function takes them.
SEARCHED = (
    "sentence", "verb", "actor_id", "actor_label", "organization_label", "target_label", "reason", "ticket",
    "request_id", "names", "detail", "changes",
)  # fmt: skip


class TransactionId(models.Field):
    """PostgreSQL's 64-bit transaction id."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class CurrentTransaction(Func):
    """The id of the top-level transaction, the same inside every savepoint."""

    function = "pg_current_xact_id"
    output_field = TransactionId()


class ClockTime(Func):
    """The time of the row itself, where now() is the time of its transaction."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


class SearchDocument(Func):
    """What free text is looked for in; the SQL function comes with the table's migration."""

    function = "audit_document"
    output_field = SearchVectorField()


def _text(**options: Any) -> models.TextField:
    return models.TextField(blank=True, default="", **options)


class Event(models.Model):
    """One thing that somebody did, was refused, or failed to do. Labels are those of that time."""

    class Outcome(models.TextChoices):
        SUCCESS = "success"
        DENIED = "denied"
        FAILED = "failed"

    class ActorType(models.TextChoices):
        STAFF = "staff"
        CLI = "cli"
        SYSTEM = "system"
        GATEWAY = "gateway"
        CUSTOMER = "customer"

    id = models.UUIDField(primary_key=True, default=uuid7.make, editable=False)
    schema_version = models.SmallIntegerField(default=1)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=ClockTime())
    verb = models.TextField()
    operation = models.TextField()
    outcome = models.TextField(choices=Outcome)
    actor_type = models.TextField(choices=ActorType)
    actor_id = _text()
    actor_label = models.TextField()
    actor_roles = ArrayField(models.TextField(), default=list, blank=True)
    auth_methods = ArrayField(models.TextField(), default=list, blank=True)
    on_behalf_of = _text()
    organization = _text()
    organization_label = _text()
    target_type = models.TextField()
    target_id = models.TextField()
    target_label = models.TextField()
    further = models.JSONField(default=list, blank=True)
    names = ArrayField(models.TextField())
    changes = models.JSONField(default=dict, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    reason = _text()
    ticket = _text()
    approval = _text()
    request_id = _text()
    parent = models.UUIDField(null=True, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = _text()
    route = _text()
    sentence = models.TextField()
    salt = models.BinaryField()
    content_hash = models.BinaryField()
    search = models.GeneratedField(
        expression=SearchDocument(*SEARCHED),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    txid = TransactionId(db_default=CurrentTransaction(), editable=False)

    class Meta:
        ordering = NEWEST
        indexes = [
            models.Index(fields=NEWEST, name="event_newest"),
            models.Index(fields=["actor_id", *NEWEST], name="event_by_actor"),
            models.Index(fields=["verb", *NEWEST], name="event_by_verb"),
            models.Index(fields=["organization", *NEWEST], name="event_by_organization"),
            models.Index(fields=["target_id", *NEWEST], name="event_by_target"),
            models.Index(
                fields=["request_id"],
                condition=~models.Q(request_id=""),
                name="event_by_request",
            ),
            models.Index(
                fields=NEWEST,
                condition=~models.Q(outcome="success"),
                name="event_refused",
            ),
            GinIndex(fields=["names"], name="event_names"),
            GinIndex(fields=["search"], name="event_search"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["success", "denied", "failed"]),
                name="event_has_a_known_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(actor_type__in=["staff", "cli", "system", "gateway", "customer"]),
                name="event_has_a_known_actor",
            ),
            models.CheckConstraint(
                condition=models.Q(verb__regex=r"^[a-z_]+\.[a-z_]+$"),
                name="event_verb_is_noun_verb",
            ),
            models.CheckConstraint(condition=models.Q(names__len__gt=0), name="event_names_something"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def is_sound(self) -> bool:
        """Whether the row still holds what was hashed when it was written."""
        return bytes(self.content_hash) == fingerprint.of(self)
