"""Which gateway has heard of which change. Outside the guard: it is told by the gateways, once a second."""

from django.db import models

from keys.gateways import GatewayCredential


class GatewayRevision(models.Model):
    """The one row whose number rises with every change to any gateway credential, by trigger."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_revision_of_the_gateways")]

    def __str__(self) -> str:
        return str(self.number)


class FeedReader(models.Model):
    """A gateway process that polls the change feed: one source of one credential, and how far it has confirmed."""

    credential = models.ForeignKey(GatewayCredential, on_delete=models.PROTECT, related_name="readers")
    source = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    polled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "source"], name="one_reader_per_credential_and_source")
        ]

    def __str__(self) -> str:
        return f"{self.source} at {self.seq}"


class FeedConfirmation(models.Model):
    """When a reader got as far as this change. One row for each step that it took."""

    reader = models.ForeignKey(FeedReader, on_delete=models.CASCADE, related_name="confirmations")
    seq = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "seq"], name="one_confirmation_per_reader_and_change")]
        indexes = [models.Index(fields=["at"], name="confirmations_by_time")]

    def __str__(self) -> str:
        return f"{self.reader_id} {self.seq}"
