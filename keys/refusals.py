"""Refused calls kept for support: noted in the counter store, a sample where they are many."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import redis
from django.conf import settings

from audit import wording
from keys import counts, evidence, models, named
from keys.asks import Ask
from keys.facts import GatewayIdentity
from keys.limits import store
from keys.verdicts import Code
from orgs.models import Organization

if TYPE_CHECKING:
    from keys.decisions import Decision

logger = logging.getLogger(__name__)

# Of each organization, of unknown keys for each organization that they name, and of all that name none: random ids
# neither fill the store nor take anybody's place.
MOST_A_MINUTE, MOST_STRANGE_A_MINUTE = 100, 300
# About as many as come in an hour at the most; what is older waits for no sweep that has stopped.
LONGEST_STREAM, LONGEST_UNKNOWN_STREAM = 5_000, 50_000
UNKNOWN, STRANGE = "{unknown}", "{unknown}:strange"
LONGEST = {"request_id": 128, "idempotency_key": 255, "user_agent": 200, "organization_named": 100}
# A store that does not answer is left alone for a while: each call has waited for it once already.
PAUSE_S = 2.0
READ_AT_ONCE = 500

# Says which counter is full, or 0. One hash tag for all names of a call.
_NOTE = """
for i = 2, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or 0) >= tonumber(ARGV[i + 1]) then return i - 1 end
end
for i = 2, #KEYS do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('EXPIRE', KEYS[i], 120) end
end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'refusal', ARGV[1])
return 0
"""


class _Sampling:
    """What this process knows: which counters of the minute are full, and until when the store is left alone."""

    def __init__(self) -> None:
        self.minute = -1
        self.full: set[str] = set()
        self.paused_until = 0.0

    def is_full(self, minute: int, names: list[str]) -> bool:
        if minute != self.minute:
            self.minute, self.full = minute, set()
        return any(name in self.full for name in names)


_sampling = _Sampling()
_names = named.Names()


def note(*, decision: "Decision", ask: Ask, gateway: GatewayIdentity) -> None:
    """Keep a refusal until the next sweep: 100 a minute of each organization at the most.

    Never raises: the customer's answer does not depend on it. Once a minute is known to be full, or the store to be
    away, it asks nobody.
    """
    if decision.code == Code.VALID:
        return
    try:
        _note(decision, ask, gateway)
    except redis.RedisError as error:
        _sampling.paused_until = time.monotonic() + PAUSE_S
        logger.warning("a refusal is not kept: %s", error)
    except Exception:
        logger.exception("a refusal is not kept")


def stream_of(organization: int | None) -> str:
    """Return where the refusals of an organization's keys wait; of unknown keys, without one."""
    return f"{UNKNOWN if organization is None else f'{{{organization}}}'}:refusals"


def _note(decision: "Decision", ask: Ask, gateway: GatewayIdentity) -> None:
    minute = int(decision.at.timestamp()) // 60
    stream, counters = _places(decision, ask)
    if time.monotonic() < _sampling.paused_until or _sampling.is_full(minute, list(counters)):
        return
    names = [stream, *(f"{name}:{minute}" for name in counters)]
    entry = msgspec.json.encode(_entry(decision, ask, gateway))
    longest = LONGEST_STREAM if decision.identity else LONGEST_UNKNOWN_STREAM
    full = store.client().eval(_NOTE, len(names), *names, entry, longest, *counters.values())
    if full:
        _sampling.full.add(list(counters)[int(full) - 1])


def _places(decision: "Decision", ask: Ask) -> tuple[str, dict[str, int]]:
    """Return the stream, and what counts toward which most."""
    if decision.identity is not None:
        stream = stream_of(decision.identity.organization.id)
        return stream, {stream: MOST_A_MINUTE}
    stream = stream_of(None)
    if _names.knows(ask.organization):
        return stream, {f"{stream}:{ask.organization}": MOST_A_MINUTE}
    return stream, {STRANGE: MOST_STRANGE_A_MINUTE}


def _entry(decision: "Decision", ask: Ask, gateway: GatewayIdentity) -> dict[str, Any]:
    """Return what is kept, under the names of Refusal's columns. Of the credential only its public id."""
    identity = decision.identity
    return {
        "decision_id": decision.id,
        "at": decision.at,
        "organization": identity and identity.organization.id,
        "key": identity and identity.key.id,
        "public_id": identity.secret.public_id if identity else evidence.public_id(ask.credential),
        "organization_named": _text("organization_named", ask.organization),
        "code": str(decision.code),
        "reasons": [str(code) for code in decision.reasons],
        "api_version": ask.api_version,
        "units": ask.cost,
        "address": str(ask.caller) if ask.caller else None,
        "user_agent": _text("user_agent", ask.user_agent),
        "request_id": _text("request_id", ask.request_id),
        "idempotency_key": _text("idempotency_key", ask.idempotency_key),
        "gateway": gateway.uid,
        "is_look_up": not ask.spends,
        "checks": evidence.of(decision, ask),
        "limits": evidence.limits(decision, ask),
    }


def _text(name: str, text: str | None) -> str:
    return wording.neutral(wording.masked_all(text or "", ask=False), LONGEST[name])


def flush(organizations: Iterable[int] | None = None, *, timeout: float = counts.SWEEP_TIMEOUT_S) -> None:
    """Write down the refusals that were noted, of these organizations or of all, and those of unknown keys.

    Safe to run twice, at once, and to be killed. Raises redis.RedisError where the store does not answer.
    """
    with store.connect(settings.VALKEY_URL, timeout=timeout) as client:
        streams = [*map(stream_of, counts.whose(organizations)), stream_of(None)]
        for stream in _waiting(client, streams):
            while _flush_some(client, stream) == READ_AT_ONCE:
                pass


def _waiting(client: redis.Redis, streams: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(streams), counts.ORGANIZATIONS_AT_ONCE):
        some = streams[start : start + counts.ORGANIZATIONS_AT_ONCE]
        with client.pipeline(transaction=False) as pipeline:
            for stream in some:
                pipeline.xlen(stream)
            yield from (stream for stream, length in zip(some, pipeline.execute(), strict=True) if length)


def _flush_some(client: redis.Redis, stream: str) -> int:
    entries: Any = client.xrange(stream, count=READ_AT_ONCE)
    if entries:
        read = [msgspec.json.decode(fields[b"refusal"]) for _, fields in entries]
        models.Refusal.objects.bulk_create(_rows(read), ignore_conflicts=True)
        client.xdel(stream, *(id for id, _ in entries))
    return len(entries)


def _rows(entries: list[dict[str, Any]]) -> list[models.Refusal]:
    unknown = [entry for entry in entries if entry["organization"] is None]
    if unknown:
        _name(unknown)
    return [models.Refusal(organization_id=e.pop("organization"), key_id=e.pop("key"), **e) for e in entries]


def _name(unknown: list[dict[str, Any]]) -> None:
    """Give refusals of unknown keys the organization that the caller named, and its key of that prefix, if any."""
    uids = {entry["organization_named"] for entry in unknown}
    organizations = dict(Organization.objects.filter(uid__in=uids).values_list("uid", "id"))
    keys = _keys(entry["public_id"] for entry in unknown)
    for entry in unknown:
        entry["organization"] = organizations.get(entry["organization_named"])
        key, owner = keys.get(entry["public_id"], (None, None))
        # Whose a key is, is told to nobody who names another organization.
        entry["key"] = key if owner is not None and owner == entry["organization"] else None


def _keys(public_ids: Iterable[str]) -> Mapping[str, tuple[int, int]]:
    rows = models.KeySecret.objects.filter(public_id__in=[one for one in public_ids if one])
    return {row[0]: (row[1], row[2]) for row in rows.values_list("public_id", "key_id", "key__organization_id")}
