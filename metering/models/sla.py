from datetime import date
from typing import TYPE_CHECKING

from django.db import models

from metering.models.generations import Generation
from orgs import policy
from orgs.models import Organization

if TYPE_CHECKING:
    from orgs.models import Staff


class SlaDayQuerySet(models.QuerySet["SlaDay"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "SlaDayQuerySet":
        """Keep the days of the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def on_days(self, first: date, last: date) -> "SlaDayQuerySet":
        """Keep these UTC days, the last one included."""
        return self.filter(day__range=(first, last))


class SlaDay(models.Model):
    """How a UTC day went for the live keys of an organization, by API version; computed from the ledger.

    `bad` failed by our engine or its time-outs, or nobody said why; `excluded` by content or by the client;
    `refused` are calls that had no room although they were within the customer's limits. The histograms say how many
    of the succeeded ones took how long: `{"412": 33}`, numbers of buckets of `metering.histograms`.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sla_days")
    day = models.DateField()
    api_version = models.CharField(max_length=8, choices=Generation.ApiVersion)
    succeeded = models.BigIntegerField(default=0)
    bad = models.BigIntegerField(default=0)
    excluded = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    durations = models.JSONField(default=dict)
    # By stage, where v2 reports them: {"anchor": {…}, "interpretation": {…}, "render": {…}}.
    stages = models.JSONField(default=dict)

    objects = SlaDayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "day", "api_version"], name="one_sla_day_per_version")
        ]
        indexes = [models.Index(fields=["day"], name="sla_days_by_day")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.day:%F} {self.api_version}"
