from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from orgs.models import Organization


class IdempotencyClaim(models.Model):
    """A customer's idempotency key, held by the succeeded generation that used it last."""

    pk = models.CompositePrimaryKey("organization", "key_hash")
    # No foreign key constraint: it would lock the organization's row for each claim, and no organization is deleted.
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # The first half of a SHA-256 over the environment and the idempotency key as it came.
    key_hash = models.BinaryField(max_length=16)
    generation_id = models.UUIDField()
    occurred_at = models.DateTimeField()

    class Meta:
        # For the sweep alone; it costs a claim next to nothing.
        indexes = [BrinIndex(fields=["occurred_at"], name="claims_by_age", autosummarize=True)]

    def __str__(self) -> str:
        return f"the claim of generation {self.generation_id}"
