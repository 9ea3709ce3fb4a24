"""What POST leaks is told and answers."""

from rest_framework import serializers

from axis_admin.gateway.serializers.fields import Words
from axis_admin.gateway.serializers.generations import LONGEST_SOURCE, Source
from keys import leak_intake

LONGEST_URL = 1_000
MOST_CREDENTIALS = 1_000


class LeaksRequestSerializer(serializers.Serializer):
    source = Source(allow_blank=False, max_length=LONGEST_SOURCE)  # type: ignore[assignment]
    url = Words(required=False, allow_null=True, max_length=LONGEST_URL, help_text="Where it was seen.")
    text = Words(judged=True, help_text="What was seen. It is looked at and never stored.")


class LeakResultSerializer(serializers.Serializer):
    public_id = serializers.CharField()
    status = serializers.ChoiceField(choices=leak_intake.STATUSES)


class LeaksAnswerSerializer(serializers.Serializer):
    results = LeakResultSerializer(many=True)
