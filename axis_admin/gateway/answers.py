"""The answer to a validate call, every field of the contract always there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from axis_admin.gateway.wire import rfc3339
from keys import verdicts
from keys.asks import Ask
from keys.decisions import Decision
from keys.facts import Identity
from keys.limits import headers
from keys.limits.limiter import Standing
from keys.verdicts import Code


def of_decision(decision: Decision, ask: Ask) -> dict[str, Any]:
    """Return the contract's answer."""
    code, identity = decision.code, decision.identity
    meaning, retry_us = verdicts.MEANINGS[code], decision.retry_us
    return {
        "valid": code == Code.VALID,
        "code": code,
        "reasons": list(decision.reasons),
        "http_status": meaning.http_status,
        "message": meaning.message,
        "decision_id": decision.id,
        "request_id": ask.request_id,
        "organization": _organization(identity) if identity else None,
        "key": _key(identity) if identity else None,
        "rotation": _rotation(decision, identity) if identity else None,
        "service_tier": verdicts.service_tier(identity) if identity and code == Code.VALID else None,
        # A lease comes with a limit of running jobs, a kind that the limiter does not know.
        "lease": None,
        "limits": [_limit(one, identity) for one in decision.standings if identity],
        "violated": [one.limit.name for one in decision.refusals],
        "cause": meaning.cause,
        "retry_after_ms": _milliseconds(retry_us) if retry_us is not None else None,
        # A call that is larger than the whole burst passes at no time.
        "retryable": meaning.retryable and (not decision.refusals or retry_us is not None),
        "headers": headers.of(decision.standings),
        "degraded": decision.degraded,
        "cache": _cache(identity, decision.at),
    }


def _organization(identity: Identity) -> Mapping[str, Any]:
    organization = identity.organization
    return {"id": organization.uid, "status": organization.status, "plan": organization.plan}


def _key(identity: Identity) -> Mapping[str, Any]:
    key = identity.key
    return {
        "id": key.uid,
        "public_id": identity.secret.public_id,
        "name": key.name,
        "environment": key.environment,
        "api_versions": list(key.api_versions),
        "expires_at": rfc3339(key.expires_at),
    }


def _rotation(decision: Decision, identity: Identity) -> Mapping[str, Any] | None:
    rotation = verdicts.rotation(identity, at=decision.at)
    return rotation and {**rotation, "ends_at": rfc3339(rotation["ends_at"])}


def _limit(standing: Standing, identity: Identity) -> Mapping[str, Any]:
    limit = standing.limit
    return {
        "name": limit.name,
        "scope": "key" if limit.owner == "key" else "organization",
        "kind": "rate",
        "mode": limit.mode,
        "limit": limit.limit,
        "period_s": limit.period_s,
        "burst": limit.burst,
        "remaining": standing.remaining,
        "reset_ms": _milliseconds(standing.reset_us),
        "retry_after_ms": None if standing.retry_us is None else _milliseconds(standing.retry_us),
        "source": f"{limit.owner}:{_owner(limit.owner, identity)}",
    }


def _owner(owner: str, identity: Identity) -> str:
    if owner == "plan":
        return identity.organization.plan
    return identity.key.uid if owner == "key" else identity.organization.uid


def _cache(identity: Identity | None, at: datetime) -> Mapping[str, Any]:
    if identity is None:
        return {"version": None, "max_age_s": 0, "stale_if_error_s": 0, "not_after": None}
    return {
        "version": identity.organization.version,
        "max_age_s": verdicts.MAX_AGE_S,
        "stale_if_error_s": verdicts.STALE_IF_ERROR_S,
        "not_after": rfc3339(verdicts.not_after(identity, at=at)),
    }


def _milliseconds(microseconds: int) -> int:
    # Rounded up: who comes back after that many milliseconds does not come too early.
    return -(-microseconds // 1_000)
