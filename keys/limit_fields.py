"""Fields for numbers and times as people type them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

LOCAL = "%Y-%m-%dT%H:%M"
# Beyond every number that a limit may be.
LONGEST = 17
_BETWEEN = str.maketrans("", "", " ,_'\u00a0\u202f")


class NumberField(forms.CharField):
    """A whole number, its thousands parted or not: 1150, 1,150 or 1 150. Empty is None."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def clean(self, value: Any) -> int | None:
        """Return the number; ValidationError where it is none."""
        text = str(super().clean(value) or "").translate(_BETWEEN)
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > LONGEST:
            raise ValidationError("Write a whole number, such as 1,150.")
        return int(text)


class WallTimeField(forms.DateTimeField):
    """A time on the clock of a zone, which the form sets before it is asked."""

    widget = forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"})
    zone = ZoneInfo("UTC")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], required=False, **kwargs)

    def clean(self, value: Any) -> datetime | None:
        """Return the time, with its zone; ValidationError where the clocks never showed it."""
        given = super().clean(value)
        return None if given is None else on_clock(given.replace(tzinfo=None), self.zone)


def on_clock(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC time at which a zone's clocks show this; ValidationError where they never do."""
    try:
        at = wall.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise ValidationError("There is no such time.") from None
    if at.astimezone(zone).replace(tzinfo=None) != wall:
        raise ValidationError("The clocks are put forward then; there is no such time on that day.")
    return at
