"""Which organizations and keys a batch speaks of."""

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


def look_up(*, organizations: Iterable[str], public_ids: Iterable[str]) -> Names:
    """Find organizations by id and keys by the public id of any of their secrets, whatever state they are in."""
    found: dict[str, int] = {}
    keys: dict[str, Key] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP, [sorted(set(organizations)), sorted(set(public_ids))])
        for kind, name, id, organization_id, environment in cursor.fetchall():
            if kind == "organization":
                found[name] = id
            else:
                keys[name] = Key(id, organization_id, environment)
    return Names(found, keys)
