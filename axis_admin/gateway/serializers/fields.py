"""Fields that take a value as it is or refuse it: a number written as text is no number."""

import re
from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from keys import asks

# What text may hold is said below, in one place.
_OTHERS = (ProhibitNullCharactersValidator, ProhibitSurrogateCharactersValidator)
_FIT = re.compile(asks.FIT)


class Words(serializers.CharField):
    """Text as it came; `judged` where any text at all is an answer to the question, control characters included."""

    default_error_messages = {"controls": "Control characters and marks of direction are not allowed."}

    def __init__(self, *, judged: bool = False, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True, **options})
        self.judged = judged
        self.validators = [one for one in self.validators if not isinstance(one, _OTHERS)]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if not self.judged and not _FIT.match(data):
            self.fail("controls")
        return str(data)


class Address(Words):
    """An IPv4 or IPv6 address; an empty text is none."""

    default_error_messages = {"address": "This is not an IP address."}

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=False, **options)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            asks.address(text)
        except ValueError:
            self.fail("address")
        return text


class Whole(serializers.IntegerField):
    """A whole number, not its text and not a truth value."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return int(data)


class YesNo(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
