"""When and from where credentials were used: noted in the counter store, written down once a minute."""

import functools
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from audit import wording
from keys import counts
from keys.asks import Address, Ask
from keys.limits import calls, store

LONGEST_USER_AGENT = 200
GATEWAY_USES = "gateway-uses"
_NOTED = "noted"
# A gateway calls for every generation: to know its last use to ten seconds is enough.
GATEWAY_PAUSE_S = 10.0
# Of a secret its last use is known within a minute.
USE_PAUSE_S = 5.0
# The sweep may wait for a store that is busy; nobody waits for the sweep.
SWEEP_TIMEOUT_S = 5.0
ORGANIZATIONS_AT_ONCE = 500

Noted = dict[bytes, bytes]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_gateways_noted: dict[str, float] = {}

# What was noted since it was read waits for the next round; a crash before this leaves all of it there.
_FORGET = """
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
"""
_WRITE_SECRETS = """
INSERT INTO keys_secretuse AS known (secret_id, first_used_at, last_used_at, api_version, address, user_agent)
SELECT s.id, u.first_used_at, u.last_used_at, u.api_version, nullif(u.address, '')::inet, u.user_agent
FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
    AS u(public_id, first_used_at, last_used_at, api_version, address, user_agent)
JOIN keys_keysecret s ON s.public_id = u.public_id
ORDER BY s.id
ON CONFLICT (secret_id) DO UPDATE SET
    first_used_at = least(known.first_used_at, excluded.first_used_at),
    (last_used_at, api_version, address, user_agent) = (SELECT l.* FROM (VALUES
        (known.last_used_at, known.api_version, known.address, known.user_agent),
        (excluded.last_used_at, excluded.api_version, excluded.address, excluded.user_agent)
    ) AS l(at, api_version, address, user_agent) ORDER BY l.at DESC LIMIT 1)
"""
_WRITE_GATEWAYS = """
INSERT INTO keys_gatewayuse AS known (credential_id, last_used_at, address)
SELECT c.id, u.at, nullif(u.address, '')::inet
FROM unnest(%s::text[], %s::timestamptz[], %s::text[]) AS u(uid, at, address)
JOIN keys_gatewaycredential c ON c.uid = u.uid
ORDER BY c.id
ON CONFLICT (credential_id) DO UPDATE SET last_used_at = excluded.last_used_at, address = excluded.address
WHERE excluded.last_used_at > known.last_used_at
"""


def caller(ask: Ask) -> str:
    """Say who uses a secret, as the limiter's script counts and notes it: address|agent."""
    agent = ask.user_agent or ""
    # Programs come again and again; a text that is longer than their names are is not worth keeping.
    begins = wording.beginnings(ask=False)
    shown = _shown(agent, begins) if len(agent) <= LONGEST_USER_AGENT else _masked(agent, begins)
    return f"{_written(ask.caller)}|{shown}"


def is_due(memory: dict[Any, Any], caller: str) -> bool:
    """Say whether a secret's use is to be noted once more: another caller's at once, the same one's after a moment."""
    noted: tuple[str, float] | None = memory.get(_NOTED)
    return noted is None or noted[0] != caller or time.monotonic() - noted[1] >= USE_PAUSE_S


def remember_noted(memory: dict[Any, Any], caller: str) -> None:
    """Remember that it was noted just now."""
    memory[_NOTED] = caller, time.monotonic()


def _masked(agent: str, begins: frozenset[str]) -> str:
    # Masked before it is cut: half a credential would not be known for one. What is remembered holds for `begins`.
    return wording.masked_all(agent, ask=False)[:LONGEST_USER_AGENT]


_shown = functools.lru_cache(maxsize=4_096)(_masked)


@functools.lru_cache(maxsize=4_096)
def _written(caller: Address | None) -> str:
    return "" if caller is None else str(caller)


def note_gateway(uid: str, *, address: str, at: datetime) -> None:
    """Note that a gateway used its credential; a store that is down loses no more than that."""
    now = time.monotonic()
    if now - _gateways_noted.get(uid, -GATEWAY_PAUSE_S) < GATEWAY_PAUSE_S:
        return
    _gateways_noted[uid] = now
    try:
        store.current().ask("HSET", GATEWAY_USES, uid, f"{_microseconds(at)}|{address}")
    except store.CounterStoreDown:
        # Not tried again at once: the call itself will want to know whether the store is there.
        return


def flush(organizations: Iterable[int] | None = None, *, timeout: float = SWEEP_TIMEOUT_S) -> None:
    """Write down what was noted since the last time, of gateways and of these organizations' secrets or of all.

    Safe to run twice, also at once, and to be killed at any point.
    """
    with store.connect(settings.VALKEY_URL, timeout=timeout) as client:
        for name, noted in _noted_secrets(client, organizations):
            _write_secrets(noted)
            _forget(client, name, noted)
        gateways: Noted = client.hgetall(GATEWAY_USES)
        if gateways:
            _write_gateways(gateways)
            _forget(client, GATEWAY_USES, gateways)


def _noted_secrets(client: redis.Redis, organizations: Iterable[int] | None) -> Iterator[tuple[str, Noted]]:
    everybody = list(counts.whose(organizations))
    for start in range(0, len(everybody), ORGANIZATIONS_AT_ONCE):
        names = [calls.uses_key(one) for one in everybody[start : start + ORGANIZATIONS_AT_ONCE]]
        with client.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.hgetall(name)
            yield from ((name, noted) for name, noted in zip(names, pipeline.execute(), strict=True) if noted)


def _write_secrets(noted: Noted) -> None:
    rows = [_secret_row(public_id, text) for public_id, text in noted.items()]
    _write(_WRITE_SECRETS, rows)


def _secret_row(public_id: bytes, text: bytes) -> tuple[object, ...]:
    first, last, api_version, address, agent = text.decode().split("|", 4)
    return public_id.decode(), _moment(first), _moment(last), api_version, address, agent


def _write_gateways(noted: Noted) -> None:
    _write(_WRITE_GATEWAYS, [_gateway_row(uid, text) for uid, text in noted.items()])


def _gateway_row(uid: bytes, text: bytes) -> tuple[object, ...]:
    at, address = text.decode().split("|", 1)
    return uid.decode(), _moment(at), address


def _write(statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _forget(client: redis.Redis, name: str, noted: Noted) -> None:
    client.eval(_FORGET, 1, name, *(part for pair in noted.items() for part in pair))


def _moment(microseconds: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
