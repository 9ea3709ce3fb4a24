from django.db import models


class ExpiryMark(models.Model):
    """How far the expiry of a key has been told: at which of its marks (30, 14, 7, 1 days before; 0, it has expired).

    Of another expiry than the key has now, it counts as none. Unguarded: the sweep's memory, and no state of the key.
    """

    key = models.OneToOneField("keys.ApiKey", on_delete=models.PROTECT, related_name="expiry_mark")
    expires_at = models.DateTimeField()
    days_before = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.key_id}: {self.days_before} days before {self.expires_at:%F %T}"
