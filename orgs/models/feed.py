from django.contrib.postgres.fields import ArrayField
from django.db import models


class ChangeHead(models.Model):
    """The one row whose number every changing transaction raises last, so that the feed is in commit order."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_head_of_the_change_feed")]

    def __str__(self) -> str:
        return str(self.seq)


class Change(models.Model):
    """Something that a gateway's cache must learn of."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    organization = models.ForeignKey("orgs.Organization", on_delete=models.PROTECT, related_name="+")
    public_ids = ArrayField(models.CharField(max_length=12), default=list)
    version = models.BigIntegerField()

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
