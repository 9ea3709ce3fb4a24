"""A problem document."""

from rest_framework import serializers


class ProblemErrorSerializer(serializers.Serializer):
    field = serializers.CharField(allow_blank=True, help_text="Empty where the body as a whole is at fault.")
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(many=True)  # type: ignore[assignment]
