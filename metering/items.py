"""What the gateway may say about a generation, and the first thing that is wrong with it. Pure: it takes the time."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from audit import wording
from metering import entries, nesting, shapes
from metering.shapes import Item

OLDEST_MS = 35 * 24 * 3_600_000
FUTURE_MS = 5 * 60_000
APART_MS = 24 * 3_600_000
LARGEST_UNITS = 1_000
LONGEST_DURATION_MS = 2**31 - 1
STAGES = ("anchor", "interpretation", "render")

_HEX = "[0-9A-Fa-f]"
UUID7 = re.compile(rf"{_HEX}{{8}}-{_HEX}{{4}}-7{_HEX}{{3}}-[89ABab]{_HEX}{{3}}-{_HEX}{{12}}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

Check = Callable[[Any], bool]


class Refused(Exception):
    """The item is not usage: the contract's code, and the fields that are at fault."""

    def __init__(self, code: str, *fields: str) -> None:
        super().__init__(code)
        self.code = code
        self.fields = list(fields)


class Key(NamedTuple):
    """What the ledger needs to know of the key that a public id belongs to."""

    id: int
    organization_id: int
    environment: str


class Names(NamedTuple):
    """The organizations and keys that a batch speaks of, by what it calls them."""

    organizations: Mapping[str, int]
    keys: Mapping[str, Key]


def check_fields(raw: Any) -> None:
    """Raise Refused with every field whose type or bounds are not the contract's; other fields are ignored."""
    if not isinstance(raw, dict):
        raise Refused("invalid_field")
    if nesting.is_too_deep(raw):
        raise Refused("invalid_field", *(name for name in CHECKS if nesting.is_too_deep([raw.get(name)])))
    faults = []
    for name, is_good in CHECKS.items():
        value = raw.get(name)
        if (name in REQUIRED) if value is None else not is_good(value):
            faults.append(name)
    if faults:
        raise Refused("invalid_field", *faults)


def read(raw: Any) -> Item:
    """Return an item that is not the usual one, its fields good. Raises Refused."""
    check_fields(raw)
    return shapes.of(raw)


def usual(raws: Sequence[Any]) -> Sequence[Item | None]:
    """Return the items whose fields are good at first sight; None where `read` has to say."""
    return [item if item and _is_time(item.occurred_at) else None for item in shapes.usual(raws)]


def judge(item: Item, names: Names, *, now_ms: int) -> entries.Entry:
    """Return the ledger's entry for an item whose fields are good.

    Raises Refused with the first code, in the contract's order, that applies.
    """
    if not UUID7.fullmatch(item.generation_id):
        raise Refused("invalid_id", "generation_id")
    key = _key(item, names)
    if not 1 <= item.units <= LARGEST_UNITS:
        raise Refused("invalid_units", "units")
    occurred_ms = _milliseconds(item.occurred_at)
    if occurred_ms is None:
        raise Refused("invalid_field", "occurred_at")
    _check_times(item.generation_id, occurred_ms, now_ms)
    return _entry(item, key, occurred_ms)


def _key(item: Item, names: Names) -> Key:
    organization = names.organizations.get(item.organization)
    if organization is None:
        raise Refused("unknown_organization", "organization")
    key = names.keys.get(item.key)
    if key is None:
        raise Refused("unknown_key", "key")
    if key.organization_id != organization:
        raise Refused("key_of_other_organization", "key")
    return key


def _check_times(generation_id: str, occurred_ms: int, now_ms: int) -> None:
    if occurred_ms < now_ms - OLDEST_MS:
        raise Refused("timestamp_too_old", "occurred_at")
    minted_ms = int(generation_id[:8] + generation_id[9:13], 16)
    if abs(minted_ms - occurred_ms) > APART_MS:
        raise Refused("id_time_mismatch", "generation_id", "occurred_at")
    if occurred_ms > now_ms + FUTURE_MS:
        raise Refused("timestamp_in_future", "occurred_at")


def _entry(item: Item, key: Key, occurred_ms: int) -> entries.Entry:
    return entries.Entry(
        generation_id=item.generation_id.lower(),
        organization_id=key.organization_id,
        key_id=key.id,
        environment=key.environment,
        api_version=item.api_version,
        outcome=item.outcome,
        units=item.units,
        occurred_at=entries.moment(occurred_ms),
        fingerprint=entries.fingerprint(
            organization_id=key.organization_id,
            key_id=key.id,
            api_version=item.api_version,
            outcome=item.outcome,
            units=item.units,
            occurred_ms=occurred_ms,
        ),
        duration_ms=item.duration_ms,
        resolution=item.resolution or "",
        aspect_ratio=item.aspect_ratio or "",
        service_tier=item.service_tier or "",
        failure_cause=item.failure_cause or "",
        # Refused for a credential in it, a generation would go unbilled, and a customer chooses the idempotency key.
        request_id=wording.masked(item.request_id) if item.request_id else "",
        idempotency_key=wording.masked(item.idempotency_key) if item.idempotency_key else "",
        claim=_claim(item, key),
        stages=(msgspec.to_builtins(item.stages) or None) if item.stages else None,
    )


def _claim(item: Item, key: Key) -> str:
    if item.outcome != "succeeded" or not item.idempotency_key:
        return ""
    return entries.claim(environment=key.environment, idempotency_key=item.idempotency_key)


@functools.lru_cache(maxsize=4_096)
def _milliseconds(text: str) -> int | None:
    """Return the whole milliseconds since 1970; None where the text is no time."""
    # Of each item it is asked twice: whether it is a time at all, and later which.
    if not RFC3339.fullmatch(text):
        return None
    try:
        return entries.milliseconds(datetime.fromisoformat(text.upper()))
    except ValueError:
        return None


def _is_text(longest: int) -> Check:
    def check(value: Any) -> bool:
        return isinstance(value, str) and len(value) <= longest and wording.is_fit(value)

    return check


def _is_one_of(*words: str) -> Check:
    return lambda value: isinstance(value, str) and value in words


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _is_duration(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LONGEST_DURATION_MS


def _is_stages(value: Any) -> bool:
    return isinstance(value, dict) and all(value.get(name) is None or _is_duration(value[name]) for name in STAGES)


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and _milliseconds(value) is not None


REQUIRED = frozenset({"generation_id", "organization", "key", "api_version", "outcome", "units", "occurred_at"})
CHECKS: dict[str, Check] = {
    "generation_id": _is_text(64),
    "organization": _is_text(128),
    "key": _is_text(128),
    "api_version": _is_one_of("v1", "v2"),
    "outcome": _is_one_of("succeeded", "failed"),
    "units": _is_whole,
    "occurred_at": _is_time,
    "duration_ms": _is_duration,
    "resolution": _is_text(16),
    "aspect_ratio": _is_text(16),
    "request_id": _is_text(128),
    "idempotency_key": _is_text(255),
    "lease": _is_text(4096),
    "service_tier": _is_one_of("dedicated", "shared", "overage", "pilot", "sandbox"),
    "failure_cause": _is_one_of("engine", "timeout", "content", "client"),
    "stages": _is_stages,
}
