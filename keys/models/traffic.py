"""What was decided, counted. Outside the guard: flushed from the counter store once a minute, each count once."""

from django.db import models
from django.utils import timezone

from keys.models.keys import ApiKey
from keys.models.secrets import KeySecret
from orgs.models import Organization


class FlushReceipt(models.Model):
    """A batch of counts that is written down: were it to come again, it would count nothing."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["at"], name="flush_receipts_by_time")]

    def __str__(self) -> str:
        return str(self.id)


class SecretHour(models.Model):
    """How often a secret was used in an hour, from where and by what."""

    secret = models.ForeignKey(KeySecret, on_delete=models.PROTECT, related_name="hours")
    hour = models.DateTimeField()
    api_version = models.CharField(max_length=8)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    admitted = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["secret", "hour", "api_version", "address", "user_agent"],
                nulls_distinct=False,
                name="one_count_per_secret_hour_and_caller",
            )
        ]
        indexes = [
            models.Index(fields=["hour"], name="secret_hours_by_hour"),
            models.Index(fields=["address", "-hour"], name="secret_hours_by_address"),
            # Finds the hours whose callers are still to be summed up, without reading all that are.
            models.Index(
                fields=["hour"],
                condition=models.Q(address__isnull=False) | ~models.Q(user_agent=""),
                name="secret_hours_with_callers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.secret_id} {self.hour:%F %H}"


class DecisionHour(models.Model):
    """Verdicts of an hour by organization, key, version, code and the limit that refused. Kept for 13 months."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    hour = models.DateTimeField()
    api_version = models.CharField(max_length=8)
    code = models.CharField(max_length=24)
    limit_name = models.CharField(max_length=80, blank=True)
    calls = models.BigIntegerField()
    units = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "hour", "key", "api_version", "code", "limit_name"],
                nulls_distinct=False,
                name="one_count_of_decisions_per_hour",
            )
        ]
        indexes = [
            models.Index(fields=["hour"], name="decision_hours_by_hour"),
            models.Index(fields=["key", "hour"], name="decision_hours_by_key"),
            # Refused calls are few among all: pages that count them over a month read nothing else, not even the table.
            models.Index(
                fields=["hour"],
                include=["organization", "key", "api_version", "code", "calls"],
                condition=~models.Q(code="VALID"),
                name="refused_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.hour:%F %H} {self.code}"


class DecisionMinute(models.Model):
    """Verdicts of a minute by organization, key, version and code. Kept for 8 days, for "what if" and dry runs."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    minute = models.DateTimeField()
    api_version = models.CharField(max_length=8)
    code = models.CharField(max_length=24)
    calls = models.BigIntegerField()
    units = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "minute", "key", "api_version", "code"],
                nulls_distinct=False,
                name="one_count_of_decisions_per_minute",
            )
        ]
        indexes = [models.Index(fields=["minute"], name="decision_minutes_by_minute")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.minute:%F %H:%M} {self.code}"
