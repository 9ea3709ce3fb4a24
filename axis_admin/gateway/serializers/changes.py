"""What GET changes is asked and answers."""

from typing import Any

from rest_framework import serializers

from axis_admin.gateway.serializers.generations import LONGEST_SOURCE, Source

LARGEST_SEQ = 2**63 - 1
MOST_CHANGES, USUAL_CHANGES = 1_000, 500
KINDS = (
    "key.issued",
    "key.changed",
    "key.rotated",
    "key.paused",
    "key.resumed",
    "key.revoked",
    "organization.changed",
    "limits.changed",
    "plan.changed",
    "pilot.changed",
)


class Number(serializers.IntegerField):
    """A whole number in an address: digits and nothing else."""

    def to_internal_value(self, data: Any) -> int:
        if not (isinstance(data, str) and data.isascii() and data.isdecimal()):
            self.fail("invalid")
        return super().to_internal_value(data)


class ChangesQuerySerializer(serializers.Serializer):
    after = Number(
        required=False,
        min_value=0,
        max_value=LARGEST_SEQ,
        help_text="The last change that you have taken in; asking confirms it. Without it: the head, and no changes.",
    )
    limit = Number(required=False, default=USUAL_CHANGES, min_value=1, max_value=MOST_CHANGES)
    source = Source(  # type: ignore[assignment]
        required=False,
        allow_blank=False,
        max_length=LONGEST_SOURCE,
        help_text="Which of the processes with this credential asks. Without it nothing is confirmed.",
    )


class ChangeSerializer(serializers.Serializer):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=KINDS)
    organization = serializers.CharField()
    public_ids = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()


class ChangesAnswerSerializer(serializers.Serializer):
    changes = ChangeSerializer(many=True)
    next = serializers.IntegerField(help_text="What to ask after next.")
    has_more = serializers.BooleanField(help_text="true: ask again at once.")
