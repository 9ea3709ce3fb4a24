"""Idempotency keys: the generation that used one last holds it, and another one within a day of it is a replay."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson
from django.db import connection

from metering.entries import Entry
from metering.models.generations import ids_between

HELD = timedelta(hours=24)
_DAY = f"interval '{int(HELD.total_seconds())} seconds'"
# Longer than what is reported can be older than what it would be a replay of.
KEPT = timedelta(days=36)
FORGOTTEN_AT_ONCE = 10_000

# An id that the ledger holds asks for nothing; each is looked up by itself, since a join might read the whole ledger to
# find a few (LIMIT keeps it from that). Keys in order, and for each the first that asks: two batches never wait
# for each other. A key that another transaction is taking is waited for.
_TAKE = r"""
WITH asked AS MATERIALIZED (
    SELECT ask.* FROM json_to_recordset(%s::json) AS ask(
        n integer, organization_id bigint, key_hash bytea, generation_id uuid, occurred_at timestamptz
    )
    LEFT JOIN LATERAL (
        SELECT true AS known FROM metering_generation AS generation
        WHERE generation.generation_id = ask.generation_id LIMIT 1
    ) AS ledger ON true
    WHERE known IS NULL
), first AS MATERIALIZED (
    SELECT DISTINCT ON (organization_id, key_hash) organization_id, key_hash, generation_id, occurred_at
    FROM asked ORDER BY organization_id, key_hash, n
), taken AS (
    INSERT INTO metering_idempotencyclaim AS held (organization_id, key_hash, generation_id, occurred_at)
    SELECT * FROM first ORDER BY organization_id, key_hash
    ON CONFLICT (organization_id, key_hash) DO UPDATE SET
        generation_id = CASE WHEN excluded.occurred_at - held.occurred_at >= %s
            THEN excluded.generation_id ELSE held.generation_id END,
        occurred_at = CASE WHEN excluded.occurred_at - held.occurred_at >= %s
            THEN excluded.occurred_at ELSE held.occurred_at END
    RETURNING organization_id, key_hash, generation_id, occurred_at
)
SELECT n, NULL, NULL, NULL, NULL FROM asked
UNION ALL
SELECT NULL, organization_id, '\x' || encode(key_hash, 'hex'), generation_id::text, occurred_at FROM taken
WHERE (organization_id, key_hash, generation_id) NOT IN (SELECT organization_id, key_hash, generation_id FROM first)
"""
_HELD = r"""
SELECT organization_id, '\x' || encode(key_hash, 'hex'), generation_id::text, occurred_at
FROM metering_idempotencyclaim
JOIN json_to_recordset(%s::json) AS ask(organization_id bigint, key_hash bytea) USING (organization_id, key_hash)
"""
# Only the last holder of a key is kept, so that what happened a day or more before it is compared with the ledger. The
# claim's row is locked by then: whoever else asks for the key waits. Ids are within a day of what they stand for.
_USED = f"""
SELECT ask.organization_id, '\\x' || encode(ask.key_hash, 'hex'), used.occurred_at
FROM json_to_recordset(%s::json) AS ask(
    organization_id bigint, key_hash bytea, environment varchar, idempotency_key varchar, generation_id uuid,
    occurred_at timestamptz, first_id uuid, last_id uuid
)
JOIN metering_generation AS used ON used.organization_id = ask.organization_id
    AND used.generation_id >= ask.first_id AND used.generation_id < ask.last_id
    AND used.generation_id <> ask.generation_id AND used.outcome = 'succeeded'
    AND used.environment = ask.environment AND used.idempotency_key = ask.idempotency_key
    AND used.occurred_at > ask.occurred_at - {_DAY} AND used.occurred_at < ask.occurred_at + {_DAY}
"""  # noqa: S608 (only a length of time is put in)
# A claim that is being taken over just now is left to whoever takes it.
_FORGET = """
DELETE FROM metering_idempotencyclaim WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM metering_idempotencyclaim WHERE occurred_at < %s LIMIT %s FOR UPDATE SKIP LOCKED
))
"""

Key = tuple[int, str]
NOTHING: Mapping[Key, Sequence[datetime]] = {}


class Holder(NamedTuple):
    """The generation that holds a key, and when it happened."""

    generation_id: str
    occurred_at: datetime


class Lost(Exception):
    """Another batch wrote a generation that has claimed a key here: whatever this transaction did must be undone."""


def take(entries: Sequence[Entry]) -> Set[str]:
    """Claim the idempotency keys of these entries, in their order; returns the ids that may be written.

    The others are in the ledger already, or replays. What is claimed and turns out to be written by somebody else must
    not stay claimed.
    """
    asking = [entry for entry in entries if entry.claim]
    if not asking:
        return frozenset()
    fresh, held = _take(asking)
    # As nearly always: each asks for a key of its own that nobody else holds.
    if len(held) == len(fresh) and all(held[_key(entry)].generation_id == entry.generation_id for entry in fresh):
        return {entry.generation_id for entry in fresh}
    granted, after = decide(fresh, held, _used(fresh, held))
    if later := [entry for entry in fresh if after[_key(entry)] != held[_key(entry)] and _holds(entry, after)]:
        _take(later)
    return granted


def foresee(entries: Iterable[Entry]) -> Set[str]:
    """Return the ids to which `take` would grant their key; the ledger holds none of these entries."""
    asking = [entry for entry in entries if entry.claim]
    if not asking:
        return frozenset()
    held = _held(asking)
    return decide(asking, held, _used(asking, held))[0]


def decide(
    asking: Iterable[Entry], held: Mapping[Key, Holder], used: Mapping[Key, Sequence[datetime]] = NOTHING
) -> tuple[Set[str], dict[Key, Holder]]:
    """Say which of these new generations, in this order, are no replays, and who holds each key afterwards. Pure.

    A key is free, or one's own, or was used a day or more before or after; the latest one holds it. `used` tells of
    earlier uses than the holder's.
    """
    granted, after = set(), dict(held)
    others = {key: list(times) for key, times in used.items()}
    for entry in asking:
        key, at = _key(entry), entry.occurred_at
        holder, near = after.get(key), others.setdefault(key, [])
        is_own = holder is not None and holder.generation_id == entry.generation_id
        near = near if is_own or holder is None else [*near, holder.occurred_at]
        if any(abs(at - other) < HELD for other in near):
            continue
        granted.add(entry.generation_id)
        others[key].append(at)
        if holder is None or at > holder.occurred_at:
            others[key] += [holder.occurred_at] if holder else []
            after[key] = Holder(entry.generation_id, at)
    return granted, after


def forget(*, now: datetime) -> int:
    """Delete the claims that nothing can be a replay of any more; returns how many. May run twice, and at once."""
    forgotten = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_FORGET, [now - KEPT, FORGOTTEN_AT_ONCE])
            forgotten += cursor.rowcount
            if cursor.rowcount < FORGOTTEN_AT_ONCE:
                return forgotten


def _take(asking: Sequence[Entry]) -> tuple[list[Entry], dict[Key, Holder]]:
    """Return the entries that the ledger does not hold, in their order, and who holds each of their keys now."""
    with connection.cursor() as cursor:
        held = f"{HELD.total_seconds():.0f} seconds"
        cursor.execute(_TAKE, [_written(asking), held, held])
        told = cursor.fetchall()
    fresh = [asking[n] for n in sorted(n for n, *_ in told if n is not None)]
    # The first that asked, unless the database names somebody else.
    firsts = {_key(entry): _own(entry) for entry in reversed(fresh)}
    return fresh, firsts | {(one, claim): Holder(*holder) for n, one, claim, *holder in told if n is None}


def _held(asking: Sequence[Entry]) -> dict[Key, Holder]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [_written(asking)])
        return {(organization, claim): Holder(*rest) for organization, claim, *rest in cursor.fetchall()}


def _used(asking: Sequence[Entry], held: Mapping[Key, Holder]) -> Mapping[Key, Sequence[datetime]]:
    """Return the uses that the ledger knows within a day of what happened a day or more before its key's latest use."""
    latest = {key: holder.occurred_at for key, holder in held.items()}
    for entry in asking:
        latest[_key(entry)] = max(latest.get(_key(entry), entry.occurred_at), entry.occurred_at)
    rows = [_near(entry) for entry in asking if entry.occurred_at <= latest[_key(entry)] - HELD]
    if not rows:
        return NOTHING
    found: dict[Key, list[datetime]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_USED, [orjson.dumps(rows).decode()])
        for organization, claim, at in cursor.fetchall():
            found.setdefault((organization, claim), []).append(at)
    return found


def _near(entry: Entry) -> dict[str, object]:
    first, last = ids_between(entry.occurred_at - HELD, entry.occurred_at + HELD)
    return {
        "organization_id": entry.organization_id,
        "key_hash": entry.claim,
        "environment": entry.environment,
        "idempotency_key": entry.idempotency_key,
        "generation_id": entry.generation_id,
        "occurred_at": entry.occurred_at,
        "first_id": str(first),
        "last_id": str(last),
    }


def _written(asking: Sequence[Entry]) -> str:
    return orjson.dumps(list(_rows(asking))).decode()


def _rows(asking: Sequence[Entry]) -> Iterator[dict[str, object]]:
    for n, entry in enumerate(asking):
        yield {
            "n": n,
            "organization_id": entry.organization_id,
            "key_hash": entry.claim,
            "generation_id": entry.generation_id,
            "occurred_at": entry.occurred_at,
        }


def _own(entry: Entry) -> Holder:
    return Holder(entry.generation_id, entry.occurred_at)


def _key(entry: Entry) -> Key:
    return entry.organization_id, entry.claim


def _holds(entry: Entry, held: Mapping[Key, Holder]) -> bool:
    return held[_key(entry)].generation_id == entry.generation_id
