"""A refusal in sentences: what a support person copies into the ticket, written for the customer. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from keys.verdicts import CHECKS, MEANINGS, Code

# What the customer can do about it.
ADVICE: dict[Code, str] = {
    Code.MALFORMED: "Send the whole key exactly as you received it, as Authorization: Bearer",
    Code.NOT_FOUND: "Check that the key was copied in full, and that it is the one given to this organization",
    Code.REVOKED: "It stays refused. Use the key that replaced it, or ask us for a new one",
    Code.ROTATED_OUT: "Use the current secret of this key wherever this one is still set",
    Code.PAUSED: "Ask us to resume the key",
    Code.NOT_YET_ACTIVE: "Begin to use it from that time on, or ask us for an earlier one",
    Code.EXPIRED: "Ask us for a new key",
    Code.ORG_MISMATCH: "Send the organization id that the key belongs to as X-External-Org-Id",
    Code.ORG_SUSPENDED: "Talk to your account manager",
    Code.ORG_CLOSED: "Talk to your account manager",
    Code.PILOT_NOT_STARTED: "Calls pass from the beginning of the pilot on",
    Code.PILOT_ENDED: "Talk to your account manager about how to go on",
    Code.VERSION_NOT_ALLOWED: "Call a version that the key allows, or ask us to add this one",
    Code.IP_NOT_ALLOWED: "Call from an allowed address, or tell us which one to add",
    Code.QUOTA_EXCEEDED: "Wait for the next period, or ask us for a larger quota",
    Code.RATE_LIMITED: "Wait as long as Retry-After says and spread your calls, or ask us for a higher limit",
    Code.CONCURRENCY_LIMITED: "Start the next job when a running one has ended",
    Code.CAPACITY_EXHAUSTED: "Try again later; this was on our side, and nothing was charged",
}
NEVER_PASSES = "Ask for fewer units in one call: this one is larger than the limit's burst and never passes"
# What the limits' own check is called, whichever of them refused.
LIMITS = (Code.QUOTA_EXCEEDED, Code.RATE_LIMITED, Code.CONCURRENCY_LIMITED, Code.CAPACITY_EXHAUSTED)
# To a customer the message says it all, or what was seen is about us.
_SAID_ALREADY = {Code.MALFORMED, Code.NOT_FOUND, Code.REVOKED, Code.PAUSED, Code.ORG_SUSPENDED, Code.ORG_CLOSED}


class Checked(NamedTuple):
    """One check in the contract's order; `passed` is None where it was not made."""

    code: str
    passed: bool | None
    saw: str


def sentence(
    *,
    code: str,
    at: datetime,
    api_version: str,
    prefix: str,
    address: str | None,
    request_id: str,
    idempotency_key: str,
    checks: Sequence[Mapping[str, Any]],
    limits: Sequence[Mapping[str, Any]],
) -> str:
    """Say what happened, when, why and what to do."""
    meaning, known = MEANINGS[Code(code)], Code(code)
    ids = [("request id", request_id), ("Idempotency-Key", idempotency_key)]
    named = ", ".join(f"{name} {value}" for name, value in ids if value)
    what = f"your {api_version} call{f' with key {prefix}…' if prefix else ''}{f' from {address}' if address else ''}"
    when = f"On {at.astimezone(UTC):%-d %b %Y at %H:%M:%S} UTC"
    verdict = f"was refused with HTTP {meaning.http_status} ({code}): {meaning.message}"
    why = "" if known in _SAID_ALREADY else _seen(checks, code)
    return " ".join(
        filter(None, [f"{when} {what}{f' ({named})' if named else ''} {verdict}", why, f"{_advice(known, limits)}."])
    )


def course(checks: Iterable[Mapping[str, Any]]) -> list[Checked]:
    """Return every check of the contract: those that were made with what they saw, and the others."""
    made = {check["code"]: check for check in checks}
    limit = next((code for code in LIMITS if code in made), Code.RATE_LIMITED)
    order = [Code.MALFORMED, Code.NOT_FOUND, *CHECKS, limit]
    return [_checked(code, made.get(code)) for code in order]


def _checked(code: Code, check: Mapping[str, Any] | None) -> Checked:
    return Checked(str(code), None, "") if check is None else Checked(str(code), check["passed"], check["saw"])


def _advice(code: Code, limits: Sequence[Mapping[str, Any]]) -> str:
    refused = [limit for limit in limits if limit.get("refused")]
    if refused and any(limit.get("retry_ms") is None for limit in refused):
        return NEVER_PASSES
    return ADVICE[code]


def _seen(checks: Iterable[Mapping[str, Any]], code: str) -> str:
    saw = next((check["saw"] for check in checks if check["code"] == code and not check["passed"]), "")
    return f"What we saw: {saw}." if saw else ""
