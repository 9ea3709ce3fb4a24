"""A refusal in sentences: what a support person copies into the ticket, written for the customer. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from keys import limit_words
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
LARGER_QUOTA = "Ask us for a larger quota"
LARGER_THAN_QUOTA = "Ask for fewer units in one call, or for a larger quota: this one is larger than the whole of it"
HIGHER_LIMIT = "Ask us for a higher limit"
NEVER_PASSES = "Ask for fewer units in one call: this one is larger than the limit's burst and never passes"
# What the limits' own check is called, whichever of them refused.
LIMITS = (Code.QUOTA_EXCEEDED, Code.RATE_LIMITED, Code.CONCURRENCY_LIMITED)
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
    zone: tzinfo = UTC,
) -> str:
    """Say what happened, when, why and what to do; when a quota begins anew, by the clocks of the zone."""
    meaning, known = MEANINGS[Code(code)], Code(code)
    ids = [("request id", request_id), ("Idempotency-Key", idempotency_key)]
    named = ", ".join(f"{name} {value}" for name, value in ids if value)
    what = f"your {api_version} call{f' with key {prefix}…' if prefix else ''}{f' from {address}' if address else ''}"
    when = f"On {at.astimezone(UTC):%-d %b %Y at %H:%M:%S} UTC"
    verdict = f"was refused with HTTP {meaning.http_status} ({code}): {meaning.message}"
    why = "" if known in _SAID_ALREADY else _seen(checks, limits, known, zone)
    return " ".join(
        filter(None, [f"{when} {what}{f' ({named})' if named else ''} {verdict}", why, f"{_advice(known, limits)}."])
    )


def course(
    checks: Iterable[Mapping[str, Any]], limits: Sequence[Mapping[str, Any]] = (), *, zone: tzinfo = UTC
) -> list[Checked]:
    """Return every check of the contract: those that were made with what they saw, and the others."""
    made = {check["code"]: check for check in checks}
    limit = next((code for code in LIMITS if code in made), Code.RATE_LIMITED)
    if limit in made and limits:
        made[limit] = {**made[limit], "saw": _said(limits, zone)}
    room = [Code.CAPACITY_EXHAUSTED] if Code.CAPACITY_EXHAUSTED in made else []
    order = [Code.MALFORMED, Code.NOT_FOUND, *CHECKS, limit, *room]
    return [_checked(code, made.get(code)) for code in order]


def _checked(code: Code, check: Mapping[str, Any] | None) -> Checked:
    return Checked(str(code), None, "") if check is None else Checked(str(code), check["passed"], check["saw"])


def _advice(code: Code, limits: Sequence[Mapping[str, Any]]) -> str:
    refused = _refused(limits)
    too_large = next((limit for limit in refused if limit_words.is_too_large(limit)), None)
    if too_large is not None:
        return _without_waiting(too_large)
    if any(limit_words.kind(limit) == "window" and limit["window"] == "term" for limit in refused):
        return LARGER_QUOTA
    return ADVICE[code]


def _without_waiting(limit: Mapping[str, Any]) -> str:
    """Say what helps where the call alone takes more than the limit ever allows."""
    match limit_words.kind(limit):
        case "rate":
            return NEVER_PASSES
        case "window":
            return LARGER_THAN_QUOTA if limit["cost"] > 1 else LARGER_QUOTA
    return HIGHER_LIMIT


def _seen(checks: Iterable[Mapping[str, Any]], limits: Sequence[Mapping[str, Any]], code: Code, zone: tzinfo) -> str:
    saw = next((check["saw"] for check in checks if check["code"] == code and not check["passed"]), "")
    # Of many limits the customer is told those that failed.
    refused = _refused(limits) if code in LIMITS else []
    saw = _said(refused, zone) if refused else saw
    return f"What we saw: {saw}." if saw else ""


def _refused(limits: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [limit for limit in limits if limit["refused"]]


def _said(limits: Sequence[Mapping[str, Any]], zone: tzinfo) -> str:
    return "; ".join(limit_words.said(limit, zone=zone) for limit in limits)
