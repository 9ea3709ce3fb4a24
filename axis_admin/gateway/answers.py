"""The answer to a validate call, every field of the contract always there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from axis_admin.gateway.wire import rfc3339, rfc3339_of_ms
from keys import verdicts
from keys.asks import Ask
from keys.decisions import Decision
from keys.facts import Identity
from keys.limits import headers
from keys.limits.applying import Limit
from keys.limits.leases import Lease
from keys.limits.limiter import Standing
from keys.verdicts import Code

_encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct):
    """The contract's answer. What is written as Raw is the same in every answer about an identity."""

    valid: bool
    code: str
    reasons: Sequence[str]
    http_status: int
    message: str
    decision_id: str
    request_id: str | None
    organization: msgspec.Raw | None
    key: msgspec.Raw | None
    rotation: dict[str, Any] | None
    service_tier: str | None
    lease: dict[str, Any] | None
    limits: msgspec.Raw
    violated: list[str]
    cause: str | None
    retry_after_ms: int | None
    retryable: bool
    headers: dict[str, str]
    degraded: bool
    cache: msgspec.Raw


class _Parts(msgspec.Struct, frozen=True):
    """What all answers about an identity share, written once."""

    organization: msgspec.Raw | None
    key: msgspec.Raw | None
    cache: msgspec.Raw
    sources: dict[str, str]
    limits: dict[int, tuple[str, str]]


def of_decision(decision: Decision, ask: Ask) -> bytes:
    """Return the contract's answer as JSON."""
    code, identity, standings = decision.code, decision.identity, decision.standings
    meaning, retry_us, parts = verdicts.MEANINGS[code], decision.retry_us, _parts(identity, decision.at)
    refusals = decision.refusals
    return _encode(
        Answer(
            valid=code == Code.VALID,
            code=code.value,
            reasons=[reason.value for reason in decision.reasons],
            http_status=meaning.http_status,
            message=meaning.message,
            decision_id=decision.id,
            request_id=ask.request_id,
            organization=parts.organization,
            key=parts.key,
            rotation=_rotation(decision, identity) if identity and identity.secret.overlap_until else None,
            service_tier=decision.tier,
            lease=_lease(decision.lease) if decision.lease else None,
            limits=_limits(standings, parts),
            violated=[one.limit.name for one in refusals],
            cause=meaning.cause,
            retry_after_ms=_milliseconds(retry_us) if retry_us is not None else None,
            # A call that is larger than the whole burst passes at no time.
            retryable=meaning.retryable and not decision.is_final,
            headers=headers.of(standings),
            degraded=decision.degraded,
            cache=parts.cache,
        )
    )


def _parts(identity: Identity | None, at: datetime) -> _Parts:
    if identity is None:
        return _OF_NOBODY
    parts: _Parts | None = identity.derived.get(_Parts)
    if parts is None:
        parts = _written(identity, at)
        # Until it begins, a secret's answer is kept for less long than afterwards.
        if not identity.secret.is_pending(at=at):
            identity.derived[_Parts] = parts
    return parts


def _written(identity: Identity, at: datetime) -> _Parts:
    organization, key = identity.organization, identity.key
    ids = {"plan": organization.plan, "organization": organization.uid, "key": key.uid}
    return _Parts(
        organization=_raw({"id": organization.uid, "status": organization.status, "plan": organization.plan}),
        key=_raw(
            {
                "id": key.uid,
                "public_id": identity.secret.public_id,
                "name": key.name,
                "environment": key.environment,
                "api_versions": key.api_versions,
                "expires_at": rfc3339(key.expires_at),
            }
        ),
        cache=_cache(
            version=organization.version,
            max_age_s=verdicts.MAX_AGE_S,
            stale_if_error_s=verdicts.STALE_IF_ERROR_S,
            not_after=rfc3339(verdicts.not_after(identity, at=at)),
        ),
        sources={owner: f"{owner}:{id}" for owner, id in ids.items()},
        limits={},
    )


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(_encode(value))


def _cache(**fields: Any) -> msgspec.Raw:
    return _raw(fields)


_OF_NOBODY = _Parts(None, None, _cache(version=None, max_age_s=0, stale_if_error_s=0, not_after=None), {}, {})


def _rotation(decision: Decision, identity: Identity) -> dict[str, Any] | None:
    rotation = verdicts.rotation(identity, at=decision.at)
    return rotation and {**rotation, "ends_at": rfc3339(rotation["ends_at"])}


def _lease(lease: Lease) -> dict[str, Any]:
    return {"id": lease.id, "expires_at": rfc3339_of_ms(lease.ends_ms), "renew_every_s": lease.renew_every_s}


def _limits(standings: Sequence[Standing], parts: _Parts) -> msgspec.Raw:
    """Write how limits stand: what is the same in every answer about them is written once."""
    written = []
    for one in standings:
        head, source = parts.limits.get(one.limit.id) or _introduced(one.limit, parts)
        retry = "null" if one.retry_us is None else _milliseconds(one.retry_us)
        standing = f'{one.remaining},"reset_ms":{_milliseconds(one.reset_us)},"retry_after_ms":{retry}'
        written.append(f"{head}{standing}{source}")
    return msgspec.Raw(f"[{','.join(written)}]".encode())


def _introduced(limit: Limit, parts: _Parts) -> tuple[str, str]:
    is_reserved = limit.kind == "reserved"
    said = {
        "name": limit.name,
        "scope": "key" if limit.owner == "key" else "organization",
        "kind": "concurrency" if is_reserved else limit.kind,
        "mode": limit.mode,
        "limit": limit.limit,
        "period_s": limit.seconds or None,
        "burst": limit.burst,
    }
    source = f"reservation:{limit.name}" if is_reserved else parts.sources[limit.owner]
    head = _encode(said).decode().removesuffix("}") + ',"remaining":'
    kept = parts.limits[limit.id] = head, f',"source":{_encode(source).decode()}}}'
    return kept


def _milliseconds(microseconds: int) -> int:
    # Rounded up: who comes back after that many milliseconds does not come too early.
    return -(-microseconds // 1_000)
