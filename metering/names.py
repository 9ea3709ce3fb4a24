"""Which organizations and keys a batch speaks of, asked once and remembered for as long as a connection lasts."""

import threading
from collections.abc import Iterable

from django.db import connection

from metering.items import Key, Names

# One statement for both. None of these facts ever changes, and no organization or key is ever deleted.
_LOOK_UP = """
SELECT 'organization', uid, id, id, '' FROM orgs_organization WHERE uid = ANY (%s::text[])
UNION ALL
SELECT 'key', secret.public_id, key.id, key.organization_id, key.environment
FROM keys_keysecret AS secret JOIN keys_apikey AS key ON key.id = secret.key_id
WHERE secret.public_id = ANY (%s::text[])
"""
# Organizations and keys together; each takes about 300 bytes. With more, a thread starts over.
MOST_REMEMBERED = 20_000


class _Memory(threading.local):
    """What this thread's connection has said. A database that was put back to an earlier day has other connections."""

    def __init__(self) -> None:
        self.connection: object = None
        self.organizations: dict[str, int] = {}
        self.keys: dict[str, Key] = {}

    def of(self, connection: object) -> "_Memory":
        if self.connection is not connection or len(self.organizations) + len(self.keys) > MOST_REMEMBERED:
            self.connection, self.organizations, self.keys = connection, {}, {}
        return self


_memory = _Memory()


def look_up(*, organizations: Iterable[str], public_ids: Iterable[str]) -> Names:
    """Find organizations by id and keys by the public id of any of their secrets, whatever state they are in.

    There may be more in what is returned.
    """
    wanted = set(organizations), set(public_ids)
    # What was written by a transaction that is still open may come to nothing.
    if connection.in_atomic_block:
        return _ask(*wanted)
    # As a cursor does: a connection that has died is another one before anything is remembered of it.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    known = _memory.of(connection.connection)
    new = wanted[0] - known.organizations.keys(), wanted[1] - known.keys.keys()
    if any(new):
        found = _ask(*new)
        known.organizations.update(found.organizations)
        known.keys.update(found.keys)
    return Names(known.organizations, known.keys)


def _ask(organizations: Iterable[str], public_ids: Iterable[str]) -> Names:
    found: dict[str, int] = {}
    keys: dict[str, Key] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP, [sorted(organizations), sorted(public_ids)])
        for kind, name, id, organization_id, environment in cursor.fetchall():
            if kind == "organization":
                found[name] = id
            else:
                keys[name] = Key(id, organization_id, environment)
    return Names(found, keys)
