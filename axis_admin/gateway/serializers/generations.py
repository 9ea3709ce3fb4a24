"""What POST generations is told and answers."""

import re
from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from audit import wording
from axis_admin.gateway.serializers.fields import Whole, Words
from axis_admin.gateway.serializers.validate import API_VERSIONS, SERVICE_TIERS
from keys import asks

_NAME = re.compile(asks.NAME)
LARGEST_BATCH = 1_000
LONGEST_SOURCE = 64
STATUSES = ("accepted", "accepted_late", "duplicate", "conflict", "rejected")
OUTCOMES = ("succeeded", "failed")
FAILURE_CAUSES = ("engine", "timeout", "content", "client")
CODES = (
    "period_final",
    "idempotency_replay",
    "payload_mismatch",
    "other_organization",
    "invalid_field",
    "invalid_id",
    "unknown_organization",
    "unknown_key",
    "key_of_other_organization",
    "invalid_units",
    "timestamp_too_old",
    "id_time_mismatch",
    "timestamp_in_future",
)


class StagesSerializer(serializers.Serializer):
    """Milliseconds of each stage of the cinematic pipeline."""

    anchor = Whole(required=False, allow_null=True, min_value=0)
    interpretation = Whole(required=False, allow_null=True, min_value=0)
    render = Whole(required=False, allow_null=True, min_value=0)


class GenerationSerializer(serializers.Serializer):
    generation_id = Words(help_text="UUIDv7, minted once by the gateway.")
    organization = Words()
    key = Words(help_text="The public id that validate returned.")
    api_version = serializers.ChoiceField(choices=API_VERSIONS)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    units = Whole(min_value=1, max_value=1_000)
    occurred_at = serializers.DateTimeField()
    duration_ms = Whole(required=False, allow_null=True, min_value=0)
    resolution = Words(required=False, allow_null=True, max_length=16)
    aspect_ratio = Words(required=False, allow_null=True, max_length=16)
    request_id = Words(required=False, allow_null=True)
    idempotency_key = Words(required=False, allow_null=True)
    lease = Words(required=False, allow_null=True)
    service_tier = serializers.ChoiceField(choices=SERVICE_TIERS, required=False, allow_null=True)
    failure_cause = serializers.ChoiceField(choices=FAILURE_CAUSES, required=False, allow_null=True)
    stages = StagesSerializer(required=False, allow_null=True)


class Generations(serializers.ListField):
    """Items as they came: the ledger judges each of them, so that a bad one never blocks the others."""

    child = GenerationSerializer()

    def run_child_validation(self, data: Sequence[Any]) -> list[Any]:
        return list(data)


class Source(Words):
    """The name of a reporter, which is kept with each generation: a credential is none."""

    default_error_messages = {"credential": "A credential is no name."}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _NAME.match(text):
            self.fail("blank")
        if wording.holds_credential(text):
            self.fail("credential")
        return text


class GenerationsRequestSerializer(serializers.Serializer):
    source = Source(allow_blank=False, max_length=LONGEST_SOURCE)  # type: ignore[assignment]
    generations = Generations(min_length=1, max_length=LARGEST_BATCH)


class SummarySerializer(serializers.Serializer):
    accepted = serializers.IntegerField()
    accepted_late = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    conflict = serializers.IntegerField()
    rejected = serializers.IntegerField()


class ResultSerializer(serializers.Serializer):
    index = serializers.IntegerField()
    generation_id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)
    code = serializers.ChoiceField(choices=CODES, allow_null=True)
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    retryable = serializers.BooleanField()
    period = serializers.CharField(allow_null=True)
    received_at = serializers.DateTimeField()


class GenerationsAnswerSerializer(serializers.Serializer):
    summary = SummarySerializer()
    results = ResultSerializer(many=True)
