from django.db import models

from orgs.models import Organization


class JobLength(models.Model):
    """How long an organization's jobs of a version take at most, but for one in a hundred; in milliseconds.

    Unguarded: it follows from what was reported, and is no state of the customer. Whoever has no row has reported too
    little to tell.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    api_version = models.CharField(max_length=8)
    p99_ms = models.PositiveIntegerField()
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "api_version"], name="one_job_length_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.api_version}: {self.p99_ms} ms"
