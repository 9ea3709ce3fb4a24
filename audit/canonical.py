"""JSON in the one spelling that can be hashed (RFC 8785), for the values that an event holds."""

import json
from typing import Any

# Made once: `json.dumps` makes an encoder for each text. Without keeping track of circles, which it would never meet.
_scalar = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode

# Beyond this, JSON readers that use doubles would read another number.
LARGEST_INTEGER = 2**53 - 1


def encode(value: Any) -> bytes:
    """The canonical UTF-8 bytes of None, bool, int, str, lists and string-keyed dicts of them.

    TypeError for anything else, floats included, ValueError for integers beyond 2**53 - 1 and lone surrogates.
    """
    return _text(value).encode("utf-8")


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool | str):
        return _scalar(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return _object(value)
    raise TypeError(f"{type(value).__name__} has no canonical form here.")


def _integer(value: int) -> str:
    if abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{value} does not survive a JSON reader.")
    return str(int(value))


def _object(value: dict[str, Any]) -> str:
    if not all(isinstance(key, str) for key in value):
        raise TypeError("An object's keys are strings.")
    # RFC 8785 sorts by UTF-16 code units, which differs from Python's order beyond the basic plane.
    keys = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(f"{_scalar(key)}:{_text(value[key])}" for key in keys) + "}"
