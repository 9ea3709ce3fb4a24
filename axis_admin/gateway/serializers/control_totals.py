"""What POST control-totals is told and answers."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from axis_admin.gateway.serializers.fields import Whole, Words
from axis_admin.gateway.serializers.generations import LONGEST_SOURCE, Source
from axis_admin.gateway.serializers.validate import API_VERSIONS
from metering import items

MOST_TOTALS = 1_000
# More than all gateways together generate in an hour, and far from where the sums of many sources would overflow.
LARGEST_COUNT = 10**9


class Instant(serializers.DateTimeField):
    """A time as the contract writes it: RFC 3339, and never without its offset."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not items.RFC3339.fullmatch(value):
            self.fail("invalid", format="2026-11-22T08:00:00.000Z")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid", format="2026-11-22T08:00:00.000Z")


class Hour(Instant):
    """The beginning of a UTC hour."""

    default_error_messages = {"hour": "An hour begins at minute 0, second 0, in UTC."}

    def to_internal_value(self, value: Any) -> datetime:
        at = super().to_internal_value(value)
        if at != at.replace(minute=0, second=0, microsecond=0):
            self.fail("hour")
        return at


class ControlTotalSerializer(serializers.Serializer):
    hour = Hour(help_text="The beginning of the UTC hour in which they occurred.")
    organization = Words()
    api_version = serializers.ChoiceField(choices=API_VERSIONS)
    succeeded = Whole(
        min_value=0,
        max_value=LARGEST_COUNT,
        help_text="Distinct ids of live keys' succeeded generations that were answered accepted or accepted_late.",
    )


class Totals(serializers.ListField):
    """Faults are named by the total's place in the list."""

    child = ControlTotalSerializer()


class ControlTotalsRequestSerializer(serializers.Serializer):
    source = Source(allow_blank=False, max_length=LONGEST_SOURCE)  # type: ignore[assignment]
    complete_through = Instant(help_text="Until when all totals of this source have been told.")
    totals = Totals(max_length=MOST_TOTALS)


class ControlTotalsAnswerSerializer(serializers.Serializer):
    stored = serializers.IntegerField()
    complete_through = serializers.DateTimeField()
