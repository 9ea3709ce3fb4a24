"""When each key was used last. Outside the guard, and kept by triggers: a long list is sorted and counted by it."""

from django.db import models
from django.db.models.functions import Coalesce

from keys.endless import Epoch
from keys.models.keys import ApiKey


class KeyUse(models.Model):
    """The latest use of any of a key's secrets; every key has one from the start, empty until its first call."""

    key = models.OneToOneField(ApiKey, primary_key=True, on_delete=models.PROTECT, related_name="latest_use")
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(Coalesce("last_used_at", Epoch()), "key", name="key_uses_by_time")]

    def __str__(self) -> str:
        return f"{self.key_id}: {self.last_used_at or 'never'}"
