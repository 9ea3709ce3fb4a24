"""Credentials that were made elsewhere and imported by their SHA-256: what they begin with."""

from django.db import connection

# One step of the index for each prefix, however many credentials carry it: every gateway process asks again and again.
_PREFIXES = """
WITH RECURSIVE found AS (
    SELECT min(imported_prefix) AS prefix FROM keys_keysecret WHERE imported_prefix <> ''
    UNION ALL
    SELECT (
        SELECT min(imported_prefix) FROM keys_keysecret WHERE imported_prefix <> '' AND imported_prefix > found.prefix
    ) FROM found WHERE found.prefix IS NOT NULL
)
SELECT prefix FROM found WHERE prefix IS NOT NULL
"""


def prefixes() -> frozenset[str]:
    """Return what imported credentials begin with, retired ones too: theirs is ROTATED_OUT, never MALFORMED."""
    with connection.cursor() as cursor:
        cursor.execute(_PREFIXES)
        return frozenset(prefix for (prefix,) in cursor.fetchall())
