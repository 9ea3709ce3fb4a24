"""JSON in the one spelling that can be hashed (RFC 8785), for the values that an event holds."""

import json
import re
from typing import Any

# Made once: `json.dumps` makes an encoder for each text. Without keeping track of circles, which it would never meet.
_scalar = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_plain = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")).encode
_BEYOND = re.compile("[\U00010000-\U0010ffff]")

# Beyond this, JSON readers that use doubles would read another number.
LARGEST_INTEGER = 2**53 - 1


def encode(value: Any) -> bytes:
    """The canonical UTF-8 bytes of None, bool, int, str, lists and string-keyed dicts of them.

    TypeError for anything else, floats included, ValueError for integers beyond 2**53 - 1 and lone surrogates.
    """
    _check(value)
    text = _plain(value)
    # RFC 8785 sorts by UTF-16 code units, which differs from Python's order beyond the basic plane.
    return (_text(value) if _BEYOND.search(text) else text).encode("utf-8")


def _check(value: Any) -> None:
    if value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"{value} does not survive a JSON reader.")
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("An object's keys are strings.")
            _check(item)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form here.")


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_scalar(key)}:{_text(value[key])}" for key in keys) + "}"
    return _scalar(value)
