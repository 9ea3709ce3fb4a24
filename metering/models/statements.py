from typing import TYPE_CHECKING, Any

from django.db import models

from audit import trail
from metering import numbering
from orgs import policy
from orgs.models import Organization

if TYPE_CHECKING:
    from orgs.models import Staff

_AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 4}
_STATEMENT, _NOTE = models.Q(kind="statement"), models.Q(kind="credit_note")


class StatementQuerySet(models.QuerySet["Statement"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "StatementQuerySet":
        """Keep the documents of organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def statements(self) -> "StatementQuerySet":
        """Keep the statements of periods; credit notes stand beside them."""
        return self.filter(kind=Statement.Kind.STATEMENT)


class Statement(models.Model):
    """A numbered document for a customer, in the words and numbers of the moment it was issued; it never changes.

    `document` is canonical JSON, and `sha256` is of its bytes. The hash of the organization's document before it
    stands inside, so that none can be exchanged or taken out unseen. The columns repeat what is searched for.
    """

    class Kind(models.TextChoices):
        STATEMENT = "statement", "Statement"
        CREDIT_NOTE = "credit_note", "Credit note"

    uid = models.CharField(max_length=24, unique=True, default=numbering.statement_uid, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="statements")
    # Of a credit note: the final period that it corrects. Null where it corrects several.
    period = models.ForeignKey("metering.BillingPeriod", null=True, on_delete=models.PROTECT, related_name="statements")
    kind = models.CharField(max_length=12, choices=Kind)
    # What a credit note refers to, and the adjustment that it documents.
    refers_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credit_notes")
    adjustment = models.CharField(max_length=32, blank=True)
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=96, unique=True)
    issued_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    total = models.DecimalField(**_AMOUNT)
    document = models.TextField()
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["organization_id", "-sequence"]
        constraints = [
            models.UniqueConstraint(fields=["period"], condition=_STATEMENT, name="one_statement_of_a_period"),
            models.UniqueConstraint(fields=["adjustment"], condition=_NOTE, name="one_credit_note_of_an_adjustment"),
            models.UniqueConstraint(fields=["organization", "sequence"], name="statements_are_numbered_without_gaps"),
            models.CheckConstraint(
                condition=(_STATEMENT & models.Q(period__isnull=False, refers_to__isnull=True, adjustment=""))
                | (_NOTE & models.Q(refers_to__isnull=False) & ~models.Q(adjustment="")),
                name="a_statement_is_of_a_period_and_a_credit_note_of_a_statement",
            ),
            models.CheckConstraint(condition=models.Q(sequence__gte=1), name="the_first_statement_is_number_one"),
        ]
        indexes = [models.Index(fields=["-issued_at"], name="statements_by_time")]

    def __str__(self) -> str:
        return self.number

    @property
    def target(self) -> trail.Target:
        return trail.Target("statement", self.uid, self.number)


class StatementLine(models.Model):
    """A line of a document as a row, for lists and exports; what counts is the document."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=400)
    note = models.CharField(max_length=1000, blank=True)
    quantity = models.BigIntegerField(null=True)
    units = models.BigIntegerField(null=True)
    # Null where a line has several prices, or none.
    unit_price = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    amount = models.DecimalField(**_AMOUNT)
    # The filter of the explorer that finds exactly the generations of this line; null where it has none.
    opens = models.JSONField(null=True)

    class Meta:
        ordering = ["statement_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="lines_of_a_statement_stand_in_order")
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"
