"""What each check of a decision saw, in words for whoever has to explain it. Pure; it never holds a credential."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from audit import wording
from keys import limit_words, verdicts
from keys.asks import Ask
from keys.facts import Identity
from keys.limits.limiter import Standing
from keys.secrets import CHECKSUM_LENGTH, PREFIXES, PUBLIC_ID_LENGTH, SECRET_LENGTH
from keys.verdicts import CHECKS, Code

if TYPE_CHECKING:
    from keys.decisions import Decision

LONGEST_NAMED = 100
MOST_NETWORKS = 8
_BEGINNING = re.compile(r"axk_(?:live|test)_([0-9A-Za-z]{12})(?![0-9A-Za-z])", re.ASCII)
_LENGTH = len(PREFIXES["live"]) + PUBLIC_ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH

_ORDER = list(Code)

Check = dict[str, Any]
Saw = Callable[[Identity, Ask, datetime], str]


def of(decision: "Decision", ask: Ask) -> list[Check]:
    """Return every check that was made, in the contract's order: {"code", "passed", "saw"}."""
    if decision.code == Code.MALFORMED:
        return [_check(Code.MALFORMED, False, _form(ask.credential))]
    known = _check(Code.MALFORMED, True, "the format and the checksum are right")
    if decision.identity is None:
        return [known, _check(Code.NOT_FOUND, False, "nobody has this key prefix with this secret")]
    found = _check(Code.NOT_FOUND, True, f"key {decision.identity.key.name}, and the secret matches")
    return [known, found, *_of_identity(decision.identity, ask, decision), *_of_limits(decision, ask)]


def limits(decision: "Decision", ask: Ask) -> list[dict[str, Any]]:
    """Return the limits as they stood, refusing ones first, of those the verdict's own; see limit_words.kept."""
    ordered = sorted(decision.standings, key=_place)
    return [limit_words.kept(one, units=ask.cost, at=decision.at) for one in ordered]


def _place(standing: Standing) -> int:
    reasons = verdicts.refused_by([standing.limit.kind]) if standing.refused else [Code.VALID]
    return _ORDER.index(reasons[0])


def public_id(credential: str) -> str:
    """Return the public id at the beginning of whatever was sent as a customer's key; "" where there is none."""
    found = _BEGINNING.match(credential)
    return found[1] if found else ""


def span(length: timedelta) -> str:
    """Write a length of time in at most two units: 40 s, 3 min, 2 h 5 min, 3 days."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} min"
    if seconds >= 2 * 86_400:
        return f"{seconds // 86_400} days"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _check(code: Code, passed: bool, saw: str) -> Check:
    return {"code": str(code), "passed": passed, "saw": saw}


def _of_identity(identity: Identity, ask: Ask, decision: "Decision") -> list[Check]:
    return [_check(code, code not in decision.reasons, _SAW[code](identity, ask, decision.at)) for code in CHECKS]


def _of_limits(decision: "Decision", ask: Ask) -> list[Check]:
    saw = "; ".join(limit_words.said(one, zone=UTC) for one in limits(decision, ask))
    if decision.code == Code.CAPACITY_EXHAUSTED:
        # Our own room is asked for last, when every limit has passed.
        passed = _check(Code.RATE_LIMITED, True, saw or "no limit holds")
        return [passed, _check(Code.CAPACITY_EXHAUSTED, False, _without_room(decision))]
    if not decision.standings:
        return []
    code = decision.code if decision.refusals else Code.RATE_LIMITED
    return [_check(code, not decision.refusals, saw)]


def _without_room(decision: "Decision") -> str:
    where = f" in {', '.join(decision.full)}" if decision.full else ""
    return f"our fault: no shared room was left{where}"


def _form(credential: str) -> str:
    """Say what is wrong with a text that is no key, of which nothing is told but its length and kind."""
    if credential.startswith(PREFIXES["gateway"]):
        return "a gateway's own credential, which no customer has"
    kind = next((f"begins with {prefix}" for prefix in PREFIXES.values() if credential.startswith(prefix)), "")
    length = f"{len(credential):,} characters where a key has {_LENGTH}"
    if not kind:
        return f"{length}, not of a key's beginning"
    if len(credential) != _LENGTH:
        return f"{kind}, but {length}"
    return f"{kind} and is as long as a key, but the checksum is wrong: a letter was changed on the way"


def _revoked(identity: Identity, ask: Ask, at: datetime) -> str:
    return "the key is revoked" if identity.key.state == "revoked" else "the key is not revoked"


def _paused(identity: Identity, ask: Ask, at: datetime) -> str:
    return "the key is paused" if identity.key.state == "paused" else "the key is not paused"


def _secret(identity: Identity, ask: Ask, at: datetime) -> str:
    secret = identity.secret
    prefix = f"axk_{identity.key.environment}_{secret.public_id}"
    successor = f", the one after it is axk_{identity.key.environment}_{secret.successor}" if secret.successor else ""
    if secret.is_retired(at=at):
        ended = f", its overlap ended {_moment(secret.overlap_until, at)}" if secret.overlap_until else ""
        return f"secret {prefix} is retired{ended}{successor}"
    ends = f", its overlap ends {_moment(secret.overlap_until, at)}" if secret.overlap_until else ""
    return f"secret {prefix} is {secret.state}{ends}"


def _begins(identity: Identity, ask: Ask, at: datetime) -> str:
    times = (identity.key.not_before, identity.secret.activates_at)
    begins = max((time for time in times if time is not None), default=None)
    return "no begin is set" if begins is None else f"begins {_moment(begins, at)}"


def _expires(identity: Identity, ask: Ask, at: datetime) -> str:
    expires = identity.key.expires_at
    if expires is None:
        return "never expires"
    return f"{'expired' if expires <= at else 'expires'} {_moment(expires, at)}"


def _organization(identity: Identity, ask: Ask, at: datetime) -> str:
    named = wording.neutral(ask.organization, LONGEST_NAMED) or "nothing"
    if identity.organization.uid == ask.organization:
        return f"X-External-Org-Id {named}"
    return f"X-External-Org-Id {named}, the key is of {identity.organization.uid}"


def _status(identity: Identity, ask: Ask, at: datetime) -> str:
    return f"the organization is {identity.organization.status}"


def _pilot(identity: Identity, ask: Ask, at: datetime) -> str:
    pilot = identity.pilot
    if identity.organization.status != "pilot" or pilot is None:
        return "no pilot"
    begun, ended = pilot.starts_at <= at, pilot.ends_at <= at
    begins = f"{'began' if begun else 'begins'} {_moment(pilot.starts_at, at)}"
    return f"pilot {pilot.state}, {begins}, {'ended' if ended else 'ends'} {_moment(pilot.ends_at, at)}"


def _versions(identity: Identity, ask: Ask, at: datetime) -> str:
    key, plan = ", ".join(identity.key.api_versions), ", ".join(identity.organization.api_versions)
    return f"asked for {ask.api_version}; the key allows {key or 'none'}, the plan allows {plan or 'none'}"


def _address(identity: Identity, ask: Ask, at: datetime) -> str:
    caller = f"client_ip {ask.caller}" if ask.caller else "no client_ip was sent"
    networks = [str(network) for network in identity.key.allowed]
    if not networks:
        return f"{caller}, any address is allowed"
    more = f" and {len(networks) - MOST_NETWORKS} more" if len(networks) > MOST_NETWORKS else ""
    return f"{caller}, allowed {', '.join(networks[:MOST_NETWORKS])}{more}"


def _moment(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "at no time"
    distance = f"{span(now - at)} before" if at <= now else f"{span(at - now)} later"
    return f"{at.astimezone(UTC):%-d %b %Y %H:%M} UTC, {distance}"


_SAW: dict[Code, Saw] = {
    Code.REVOKED: _revoked,
    Code.ROTATED_OUT: _secret,
    Code.PAUSED: _paused,
    Code.NOT_YET_ACTIVE: _begins,
    Code.EXPIRED: _expires,
    Code.ORG_MISMATCH: _organization,
    Code.ORG_SUSPENDED: _status,
    Code.ORG_CLOSED: _status,
    Code.PILOT_NOT_STARTED: _pilot,
    Code.PILOT_ENDED: _pilot,
    Code.VERSION_NOT_ALLOWED: _versions,
    Code.IP_NOT_ALLOWED: _address,
}
