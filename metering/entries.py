"""A generation as it stands in the ledger, and what makes two of them the same. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
DIGEST_BYTES = 16

# The billing fields as the contract names them, and as the ledger does.
BILLING_FIELDS = {
    "organization": "organization_id",
    "key": "key_id",
    "api_version": "api_version",
    "outcome": "outcome",
    "units": "units",
    "occurred_at": "occurred_at",
}


class Entry(msgspec.Struct, kw_only=True):
    """One row of the ledger, named as its columns are; empty text stands for what is not known."""

    generation_id: str
    organization_id: int
    key_id: int
    environment: str
    api_version: str
    outcome: str
    units: int
    occurred_at: datetime
    fingerprint: str
    period_id: int | None = None
    original_period_id: int | None = None
    duration_ms: int | None = None
    resolution: str = ""
    aspect_ratio: str = ""
    service_tier: str = ""
    failure_cause: str = ""
    request_id: str = ""
    idempotency_key: str = ""
    # Of a succeeded one with an idempotency key: what it claims, a digest as PostgreSQL writes bytes.
    claim: str = ""
    stages: dict[str, int] | None = None


class Billed(Protocol):
    """What decides whether a second report of an id is the same one: its fingerprint, and the fields behind it."""

    @property
    def organization_id(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...


def differences(one: Billed, other: Billed) -> Sequence[str]:
    """Name the billing fields in which the two differ, as the contract calls them."""
    if one.fingerprint == other.fingerprint:
        return ()
    return [name for name, column in BILLING_FIELDS.items() if getattr(one, column) != getattr(other, column)]


def fingerprint(
    *, organization_id: int, key_id: int, api_version: str, outcome: str, units: int, occurred_ms: int
) -> str:
    r"""Digest the billing fields, as PostgreSQL writes bytes: `\x…`."""
    return _digest(f"{organization_id}|{key_id}|{api_version}|{outcome}|{units}|{occurred_ms}")


def claim(*, environment: str, idempotency_key: str) -> str:
    r"""Digest an idempotency key as it came, apart for live and for test keys, as PostgreSQL writes bytes: `\x…`."""
    return _digest(f"{environment}|{idempotency_key}")


def _digest(text: str) -> str:
    return f"\\x{hashlib.sha256(text.encode()).hexdigest()[: 2 * DIGEST_BYTES]}"


def milliseconds(at: datetime) -> int:
    """Return the whole milliseconds since 1970; a part of one is cut off."""
    return (at - EPOCH) // MILLISECOND


def moment(ms: int) -> datetime:
    """Return the time that is so many milliseconds after 1970, in UTC."""
    return EPOCH + ms * MILLISECOND
