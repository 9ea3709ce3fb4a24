"""What POST keys/validate is asked and answers."""

from rest_framework import serializers

from axis_admin.gateway.serializers.fields import Address, Whole, Words, YesNo
from keys import asks
from keys.models import ApiKey
from keys.verdicts import MEANINGS, Code
from orgs.models import Organization

API_VERSIONS = ("v1", "v2")
SERVICE_TIERS = ("dedicated", "shared", "overage", "pilot", "sandbox")
LIMIT_SCOPES = ("organization", "key")
LIMIT_KINDS = ("rate", "window", "concurrency")
LIMIT_MODES = ("block", "warn")
ROTATION_STATES = ("overlap",)
CAUSES = ("key", "policy", "customer_limit", "our_capacity")
HTTP_STATUSES = sorted({meaning.http_status for meaning in MEANINGS.values()})


class ValidateRequestSerializer(serializers.Serializer):
    credential = Words(judged=True, help_text="What the caller sent as Bearer.")
    organization = Words(judged=True, help_text="What the caller sent as X-External-Org-Id.")
    api_version = serializers.ChoiceField(choices=API_VERSIONS)
    client_ip = Address(required=False, allow_null=True, help_text="The caller's address.")
    user_agent = Words(required=False, allow_null=True)
    idempotency_key = Words(
        required=False,
        allow_null=True,
        max_length=asks.LONGEST_IDEMPOTENCY_KEY,
        help_text="The customer's Idempotency-Key.",
    )
    request_id = Words(
        required=False,
        allow_null=True,
        allow_blank=False,
        max_length=asks.LONGEST_REQUEST_ID,
        help_text="One per admission; without it nothing is replayed.",
    )
    units = Whole(required=False, allow_null=True, min_value=1, max_value=asks.LARGEST_UNITS, help_text="Default 1.")
    admit = YesNo(required=False, allow_null=True, help_text="false: say who this is, spend nothing. Default true.")
    lease = YesNo(required=False, allow_null=True, help_text="Take a running-job lease. Default true.")


class OrganizationSerializer(serializers.Serializer):
    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Organization.Status.values)
    plan = serializers.CharField()


class KeySerializer(serializers.Serializer):
    id = serializers.CharField()
    public_id = serializers.CharField()
    name = serializers.CharField()
    environment = serializers.ChoiceField(choices=ApiKey.Environment.values)
    api_versions = serializers.ListField(child=serializers.ChoiceField(choices=API_VERSIONS))
    expires_at = serializers.DateTimeField(allow_null=True)


class RotationSerializer(serializers.Serializer):
    state = serializers.ChoiceField(choices=ROTATION_STATES)
    ends_at = serializers.DateTimeField()
    successor = serializers.CharField(allow_null=True, help_text="The public id of the new secret.")


class LeaseSerializer(serializers.Serializer):
    id = serializers.CharField()
    expires_at = serializers.DateTimeField()
    renew_every_s = serializers.IntegerField()


class LimitSerializer(serializers.Serializer):
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=LIMIT_SCOPES)
    kind = serializers.ChoiceField(choices=LIMIT_KINDS)
    mode = serializers.ChoiceField(choices=LIMIT_MODES)
    limit = serializers.IntegerField()
    period_s = serializers.IntegerField(allow_null=True)
    burst = serializers.IntegerField(allow_null=True)
    remaining = serializers.IntegerField()
    reset_ms = serializers.IntegerField()
    retry_after_ms = serializers.IntegerField(allow_null=True, help_text="null: this call can never pass.")
    source = serializers.CharField(help_text="plan:<code>, organization:<id> or key:<id>.")  # type: ignore[assignment]


class CacheSerializer(serializers.Serializer):
    version = serializers.IntegerField(allow_null=True)
    max_age_s = serializers.IntegerField()
    stale_if_error_s = serializers.IntegerField()
    not_after = serializers.DateTimeField(allow_null=True)


class ValidateAnswerSerializer(serializers.Serializer):
    valid = serializers.BooleanField()
    code = serializers.ChoiceField(choices=Code.values)
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=Code.values))
    http_status = serializers.ChoiceField(choices=HTTP_STATUSES)
    message = serializers.CharField(allow_blank=True)
    decision_id = serializers.CharField()
    request_id = serializers.CharField(allow_null=True)
    organization = OrganizationSerializer(allow_null=True)
    key = KeySerializer(allow_null=True)
    rotation = RotationSerializer(allow_null=True)
    service_tier = serializers.ChoiceField(choices=SERVICE_TIERS, allow_null=True)
    lease = LeaseSerializer(allow_null=True)
    limits = LimitSerializer(many=True)
    violated = serializers.ListField(child=serializers.CharField())
    cause = serializers.ChoiceField(choices=CAUSES, allow_null=True)
    retry_after_ms = serializers.IntegerField(allow_null=True)
    retryable = serializers.BooleanField()
    headers = serializers.DictField(child=serializers.CharField())
    degraded = serializers.BooleanField()
    cache = CacheSerializer()
