"""The verdict about a customer's credential: every check in the contract's order. Pure: the time is an argument."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import TextChoices

from keys.asks import Ask
from keys.facts import Identity, PilotFacts

# Identity may be kept this long; while the gateway cannot reach us, that long.
MAX_AGE_S, STALE_IF_ERROR_S = 30, 300


class Code(TextChoices):
    """What a verdict can be, in the order in which the first failure wins."""

    MALFORMED = "MALFORMED"
    NOT_FOUND = "NOT_FOUND"
    REVOKED = "REVOKED"
    ROTATED_OUT = "ROTATED_OUT"
    PAUSED = "PAUSED"
    NOT_YET_ACTIVE = "NOT_YET_ACTIVE"
    EXPIRED = "EXPIRED"
    ORG_MISMATCH = "ORG_MISMATCH"
    ORG_SUSPENDED = "ORG_SUSPENDED"
    ORG_CLOSED = "ORG_CLOSED"
    PILOT_NOT_STARTED = "PILOT_NOT_STARTED"
    PILOT_ENDED = "PILOT_ENDED"
    VERSION_NOT_ALLOWED = "VERSION_NOT_ALLOWED"
    IP_NOT_ALLOWED = "IP_NOT_ALLOWED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    RATE_LIMITED = "RATE_LIMITED"
    CONCURRENCY_LIMITED = "CONCURRENCY_LIMITED"
    CAPACITY_EXHAUSTED = "CAPACITY_EXHAUSTED"
    VALID = "VALID"


class Meaning(msgspec.Struct, frozen=True):
    """What a code comes to for the gateway's caller. `message` is safe to show to them."""

    http_status: int
    cause: str | None
    message: str
    retryable: bool = False


MEANINGS: dict[Code, Meaning] = {
    Code.MALFORMED: Meaning(401, "key", "This is not an API key."),
    Code.NOT_FOUND: Meaning(401, "key", "Unknown API key."),
    Code.REVOKED: Meaning(401, "key", "This API key has been revoked."),
    Code.ROTATED_OUT: Meaning(401, "key", "This secret of the API key is no longer valid. Use the current one."),
    Code.PAUSED: Meaning(403, "key", "This API key is paused."),
    Code.NOT_YET_ACTIVE: Meaning(403, "key", "This API key is not active yet."),
    Code.EXPIRED: Meaning(401, "key", "This API key has expired."),
    Code.ORG_MISMATCH: Meaning(403, "policy", "This API key does not belong to the organization in X-External-Org-Id."),
    Code.ORG_SUSPENDED: Meaning(403, "policy", "This organization is suspended."),
    Code.ORG_CLOSED: Meaning(403, "policy", "This organization is closed."),
    Code.PILOT_NOT_STARTED: Meaning(403, "policy", "The pilot has not started yet."),
    Code.PILOT_ENDED: Meaning(403, "policy", "The pilot has ended."),
    Code.VERSION_NOT_ALLOWED: Meaning(403, "policy", "This API key may not use this API version."),
    Code.IP_NOT_ALLOWED: Meaning(403, "policy", "This API key may not be used from this address."),
    Code.QUOTA_EXCEEDED: Meaning(429, "customer_limit", "The quota is used up."),
    Code.RATE_LIMITED: Meaning(429, "customer_limit", "Too many requests. Try again later.", retryable=True),
    Code.CONCURRENCY_LIMITED: Meaning(429, "customer_limit", "Too many running jobs. Try again later.", retryable=True),
    Code.CAPACITY_EXHAUSTED: Meaning(503, "our_capacity", "No capacity is left. Try again later.", retryable=True),
    Code.VALID: Meaning(200, None, "", retryable=True),
}

_REFUSED_BY: dict[str, Code] = {
    "window": Code.QUOTA_EXCEEDED,
    "rate": Code.RATE_LIMITED,
    "concurrency": Code.CONCURRENCY_LIMITED,
    "reserved": Code.CONCURRENCY_LIMITED,
}

Check = Callable[[Identity, Ask, datetime], bool]
# When, until when, and which of them fail.
_Checked = tuple[datetime, datetime | None, list[Code]]


def _revoked(identity: Identity, ask: Ask, at: datetime) -> bool:
    return identity.key.state == "revoked"


def _rotated_out(identity: Identity, ask: Ask, at: datetime) -> bool:
    return identity.secret.is_retired(at=at)


def _paused(identity: Identity, ask: Ask, at: datetime) -> bool:
    return identity.key.state == "paused"


def _not_yet_active(identity: Identity, ask: Ask, at: datetime) -> bool:
    too_early = identity.key.not_before is not None and at < identity.key.not_before
    return too_early or identity.secret.is_pending(at=at)


def _expired(identity: Identity, ask: Ask, at: datetime) -> bool:
    return identity.key.expires_at is not None and identity.key.expires_at <= at


def _other_organization(identity: Identity, ask: Ask, at: datetime) -> bool:
    return identity.organization.uid != ask.organization


def _suspended(identity: Identity, ask: Ask, at: datetime) -> bool:
    # A draft can hold no key; were there one, it would not pass.
    return identity.organization.status not in ("active", "pilot", "closed")


def _closed(identity: Identity, ask: Ask, at: datetime) -> bool:
    return identity.organization.status == "closed"


def _pilot_not_started(identity: Identity, ask: Ask, at: datetime) -> bool:
    pilot = _pilot(identity)
    return pilot is not None and (pilot.state == "draft" or at < pilot.starts_at)


def _pilot_ended(identity: Identity, ask: Ask, at: datetime) -> bool:
    pilot = _pilot(identity)
    return pilot is not None and (pilot.state in ("expired", "cancelled") or pilot.ends_at <= at)


def _version_not_allowed(identity: Identity, ask: Ask, at: datetime) -> bool:
    return ask.api_version not in identity.key.api_versions or ask.api_version not in identity.organization.api_versions


def _address_not_allowed(identity: Identity, ask: Ask, at: datetime) -> bool:
    allowed, caller = identity.key.allowed, ask.caller
    return bool(allowed) and (caller is None or not any(caller in network for network in allowed))


# Each needs the right secret: nothing of this is revealed to anybody else.
CHECKS: dict[Code, Check] = {
    Code.REVOKED: _revoked,
    Code.ROTATED_OUT: _rotated_out,
    Code.PAUSED: _paused,
    Code.NOT_YET_ACTIVE: _not_yet_active,
    Code.EXPIRED: _expired,
    Code.ORG_MISMATCH: _other_organization,
    Code.ORG_SUSPENDED: _suspended,
    Code.ORG_CLOSED: _closed,
    Code.PILOT_NOT_STARTED: _pilot_not_started,
    Code.PILOT_ENDED: _pilot_ended,
    Code.VERSION_NOT_ALLOWED: _version_not_allowed,
    Code.IP_NOT_ALLOWED: _address_not_allowed,
}


def failed_checks(identity: Identity, ask: Ask, *, at: datetime) -> list[Code]:
    """Return every check that fails, in the contract's order; the first one is the verdict."""
    if ask.organization != identity.organization.uid:
        return [code for code, check in CHECKS.items() if check(identity, ask, at)]
    failed = _failed_of_version(identity, ask, at)
    # The last of them, and the only one that looks at the caller.
    return [*failed, Code.IP_NOT_ALLOWED] if _address_not_allowed(identity, ask, at) else failed


def _failed_of_version(identity: Identity, ask: Ask, at: datetime) -> list[Code]:
    """All but the check of the address: worked out once for each version, until time changes one of them."""
    kept: _Checked | None = identity.derived.get((failed_checks, ask.api_version))
    if kept is None or at < kept[0] or (kept[1] is not None and at >= kept[1]):
        checks: list[tuple[Code, Check]] = [pair for pair in CHECKS.items() if pair[0] != Code.IP_NOT_ALLOWED]
        failed = [code for code, check in checks if check(identity, ask, at)]
        until = min((moment for moment in _moments(identity) if moment is not None and moment > at), default=None)
        kept = identity.derived[failed_checks, ask.api_version] = (at, until, failed)
    return kept[2]


def _moments(identity: Identity) -> Sequence[datetime | None]:
    """When time by itself may change what a check says."""
    key, secret, pilot = identity.key, identity.secret, identity.pilot
    of_pilot = (pilot.starts_at, pilot.ends_at) if pilot else ()
    return key.not_before, key.expires_at, secret.overlap_until, secret.activates_at, secret.successor_from, *of_pilot


def rotation(identity: Identity, *, at: datetime) -> dict[str, Any] | None:
    """Return what is to be told to the user of a secret that works only until its overlap ends."""
    secret = identity.secret
    if not secret.is_replaced(at=at):
        return None
    return {"state": "overlap", "ends_at": secret.overlap_until, "successor": secret.successor}


def refused_by(kinds: Iterable[str]) -> list[Code]:
    """Return the verdicts for limits of these kinds that refused, in the contract's order."""
    codes = {_REFUSED_BY[kind] for kind in kinds}
    return [code for code in Code if code in codes]


def service_tier(identity: Identity, of_limits: str = "") -> str:
    """Return in which tier an admitted call is served; `of_limits` is what the limiter says of it."""
    if identity.key.environment == "test":
        return "sandbox"
    if identity.organization.status == "pilot":
        return "pilot"
    return {"reserved": "dedicated", "overage": "overage"}.get(of_limits, "shared")


def not_after(identity: Identity, *, at: datetime) -> datetime | None:
    """Return when what was said of the identity may change by itself: its expiry, its overlap's or its pilot's end.

    Of a secret that is to work later, the moment from which it does.
    """
    pilot, secret = _pilot(identity), identity.secret
    ends: Sequence[datetime | None] = [
        identity.key.expires_at,
        secret.activates_at if secret.is_pending(at=at) else secret.overlap_until,
        pilot.ends_at if pilot else None,
    ]
    return min((end for end in ends if end is not None), default=None)


def _pilot(identity: Identity) -> PilotFacts | None:
    return identity.pilot if identity.organization.status == "pilot" else None
