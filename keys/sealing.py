"""Which digests are sealed under which field key, and how many at once are sealed again under the first."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from django.conf import settings
from django.db import connection

from keys import secrets
from keys.secrets import UnsealError

# Whether they are gateways', and their table. Gateways' are few and go first.
TABLES: tuple[tuple[bool, str], ...] = ((True, "keys_gatewaysecret"), (False, "keys_keysecret"))

# A row that somebody holds is none to wait for: it is taken with the next round.
_NEXT = """
SELECT id, public_id, digest, ring_id FROM {table}
WHERE id > %s AND ring_id <> %s AND id <> ALL (%s::bigint[]) ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_RESEAL = "SELECT keys_reseal(%s, %s, %s, %s, %s::smallint)"
_LEFT = "SELECT EXISTS (SELECT FROM {table} WHERE ring_id <> %s AND id <> ALL (%s::bigint[]))"
_COUNTS = "SELECT ring_id, count(*) FROM {table} GROUP BY ring_id"


class Batch(msgspec.Struct, frozen=True):
    """What was sealed again: how many rows, the last one's id, which did not open, and whether more follow."""

    done: int
    last: int
    unopened: Mapping[int, str]
    has_more: bool


def number() -> int:
    """Return the number of the ring's first key, under which everything is to be sealed."""
    return secrets.key_number(settings.FIELD_KEYS[0])


def has_shared_numbers() -> bool:
    """Say whether two keys of the ring have the same number, so that nobody could tell what is under which."""
    numbers = [secrets.key_number(key) for key in settings.FIELD_KEYS]
    return len(set(numbers)) < len(numbers)


def counts() -> dict[int, Counter[int]]:
    """Return how many digests there are by number of their key, of gateways (1) and of customers (0)."""
    found: dict[int, Counter[int]] = {}
    with connection.cursor() as cursor:
        for of_gateways, table in TABLES:
            cursor.execute(_COUNTS.format(table=table))
            for ring_id, count in cursor.fetchall():
                found.setdefault(ring_id, Counter())[int(of_gateways)] += count
    return found


def reseal(*, of_gateways: bool, after: int, most: int, skip: Iterable[int]) -> Batch:
    """Seal the next digests again, at most `most`, in the caller's transaction; `skip` are ids that do not open."""
    table = dict(TABLES)[of_gateways]
    with connection.cursor() as cursor:
        # One more than is done says whether there are more.
        cursor.execute(_NEXT.format(table=table), [after, number(), list(skip), most + 1])
        rows = cursor.fetchall()
        sealed, unopened = _sealed(rows[:most])
        done = 0
        if sealed:
            ids, seen, anew = map(list, zip(*sealed, strict=True))
            cursor.execute(_RESEAL, [of_gateways, ids, seen, anew, number()])
            done = cursor.fetchone()[0]
    last = rows[:most][-1][0] if rows else after
    return Batch(done, last, dict(unopened), len(rows) > most)


def is_left(unopened: Mapping[bool, Iterable[int]]) -> bool:
    """Say whether a digest is under another key than the first, but for those that do not open."""
    with connection.cursor() as cursor:
        for of_gateways, table in TABLES:
            cursor.execute(_LEFT.format(table=table), [number(), list(unopened[of_gateways])])
            if cursor.fetchone()[0]:
                return True
    return False


def _sealed(
    rows: Sequence[tuple[int, str, bytes, int]],
) -> tuple[list[tuple[int, bytes, bytes]], list[tuple[int, str]]]:
    sealed, unopened = [], []
    for id, public_id, digest, ring_id in rows:
        seen = bytes(digest)
        try:
            value = secrets.unseal(seen, ring_id=ring_id, public_id=public_id, ring=settings.FIELD_KEYS)
        except UnsealError:
            unopened.append((id, public_id))
            continue
        sealed.append((id, seen, secrets.seal(value, public_id=public_id, ring=settings.FIELD_KEYS)[1]))
    return sealed, unopened
