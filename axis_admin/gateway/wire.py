"""JSON in and out: read strictly, written with every number and time as the contract says."""

import functools
import json
import math
from datetime import UTC, datetime
from typing import Any

import orjson

from axis_admin.gateway import problems

LARGEST_INTEGER = 2**63 - 1


def loads(body: bytes) -> Any:
    """Return what the body says; raises Problem where it is not JSON, or nested beyond reason."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _loads_slowly(body)


def dumps(value: Any) -> bytes:
    """Write an answer."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # Half of a surrogate pair, sent as an escape, is given back as one.
        return json.dumps(value).encode()


def rfc3339(at: datetime | None) -> str | None:
    """Write a time in UTC with milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339_of_ms(unix_ms: int) -> str:
    """Write a time that is told in milliseconds of unix time."""
    second, rest = divmod(unix_ms, 1_000)
    return f"{_second(second)}.{rest:03}Z"


@functools.lru_cache(maxsize=1_024)
def _second(unix_s: int) -> str:
    # Within the same second come thousands of calls.
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _loads_slowly(body: bytes) -> Any:
    """Read what is JSON but has no like here: a number without end fails its item, and not the whole batch."""
    try:
        text = body.decode()
        return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise problems.Problem("invalid-request", "The body is not JSON, or is nested too deeply.") from error


def _integer(text: str) -> int | str:
    # As text it is no whole number to anybody, which is right for one that nothing here can hold.
    return int(text) if len(text) < 20 and abs(int(text)) <= LARGEST_INTEGER else text


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
