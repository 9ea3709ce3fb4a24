from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models

from keys.models.keys import ApiKey
from orgs import policy
from orgs.models import Organization

if TYPE_CHECKING:
    from orgs.models import Staff


class RefusalQuerySet(models.QuerySet["Refusal"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "RefusalQuerySet":
        """Keep the refusals of the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))


class Refusal(models.Model):
    """One refused call with every check and what it saw, for support. Kept for 7 days, above 100 a minute sampled.

    `organization_named` is what the caller sent; of an unknown credential, `organization` is the one of that id.
    """

    decision_id = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
    organization = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=12, blank=True)
    organization_named = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=24)
    reasons = ArrayField(models.CharField(max_length=24), default=list)
    api_version = models.CharField(max_length=8)
    units = models.PositiveIntegerField(default=1)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=128, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    gateway = models.CharField(max_length=24, blank=True)
    # The gateway only looked (admit: false): no call, and counted nowhere.
    is_look_up = models.BooleanField(default=False, db_default=False)
    # [{"code", "passed", "saw"}] in the contract's order, and the limits as they stood.
    checks = models.JSONField(default=list)
    limits = models.JSONField(default=list)

    objects = RefusalQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-decision_id"]
        indexes = [
            models.Index(fields=["organization", "-at"], name="refusals_by_organization"),
            models.Index(fields=["key", "-at"], name="refusals_by_key"),
            models.Index(fields=["request_id"], condition=~models.Q(request_id=""), name="refusals_by_request"),
            models.Index(fields=["idempotency_key"], condition=~models.Q(idempotency_key=""), name="refusals_by_idem"),
            models.Index(fields=["public_id"], condition=~models.Q(public_id=""), name="refusals_by_prefix"),
            models.Index(fields=["address"], name="refusals_by_address"),
            models.Index(fields=["at"], name="refusals_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.code}"
