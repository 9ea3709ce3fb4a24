from datetime import datetime, timedelta

from django.db import models

from keys import expiries
from keys.models.keys import ApiKey, ApiKeyQuerySet


class ExpiryMarkQuerySet(models.QuerySet["ExpiryMark"]):
    def keys_to_note(self, *, at: datetime) -> ApiKeyQuerySet:
        """Return the keys that reached a mark by this time and of which it was not noted, the first to expire first."""
        reached = [models.When(expires_at__lte=at + timedelta(days=days), then=days) for days in sorted(expiries.MARKS)]
        noted = self.filter(
            key=models.OuterRef("pk"),
            expires_at=models.OuterRef("expires_at"),
            days_before__lte=models.OuterRef("reached"),
        )
        near = ApiKey.objects.filter(expires_at__lte=at + expiries.FURTHEST).exclude(state=ApiKey.State.REVOKED)
        counted = near.annotate(reached=models.Case(*reached, output_field=models.IntegerField()))
        return counted.exclude(models.Exists(noted)).order_by("expires_at", "pk")


class ExpiryMark(models.Model):
    """How far the expiry of a key has been told: at which of its marks (30, 14, 7, 1 days before; 0, it has expired).

    Of another expiry than the key has now, it counts as none. Unguarded: the sweep's memory, and no state of the key.
    """

    key = models.OneToOneField(ApiKey, on_delete=models.PROTECT, related_name="expiry_mark")
    expires_at = models.DateTimeField()
    days_before = models.PositiveSmallIntegerField()

    objects = ExpiryMarkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.key_id}: {self.days_before} days before {self.expires_at:%F %T}"
