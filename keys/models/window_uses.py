from datetime import datetime

from django.db import models

from keys.models.keys import ApiKey
from orgs.models import Organization


class WindowUseQuerySet(models.QuerySet["WindowUse"]):
    def present(self, *, at: datetime) -> "WindowUseQuerySet":
        """Keep the windows that are not over."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)


class WindowUse(models.Model):
    """What one window of a limit had used when it was last looked at, and of how much of it people were told.

    Of requests this is what a counter that was lost begins with again; what generations and cost units have used is
    the ledger's to say. Unguarded: it follows from calls, and is no state of the customer.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    # What is limited: dimension, API version or any, day, month or term.
    slot = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used = models.BigIntegerField()
    # The highest step of its warnings, in percent, that was told; 0 for none.
    told = models.PositiveSmallIntegerField(default=0)

    objects = WindowUseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key", "slot", "starts_at"], nulls_distinct=False, name="one_use_per_window"
            )
        ]
        indexes = [models.Index(fields=["ends_at"], name="windows_people_were_told_of", condition=models.Q(told__gt=0))]

    def __str__(self) -> str:
        return f"{self.slot} from {self.starts_at:%F %T}: {self.used}"
