"""Credentials that were made elsewhere and imported by their SHA-256: what they begin with."""

import logging
import time

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

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


# A page that has not asked for so long asks again; gateways hear of it by the change feed.
LASTS_S = 30.0


class _Remembered:
    """What this process has read last."""

    def __init__(self) -> None:
        self.prefixes: frozenset[str] = frozenset()
        self.until = 0.0

    def keep(self, prefixes: frozenset[str]) -> None:
        self.prefixes, self.until = prefixes, time.monotonic() + LASTS_S


_remembered = _Remembered()


def prefixes() -> frozenset[str]:
    """Return what imported credentials begin with, retired ones too: theirs is ROTATED_OUT, never MALFORMED."""
    with connection.cursor() as cursor:
        cursor.execute(_PREFIXES)
        found = frozenset(prefix for (prefix,) in cursor.fetchall())
    _remembered.keep(found)
    return found


def known(ask: bool) -> frozenset[str]:
    """Return the same as this process knows it, read anew now and then where it may ask. Never raises."""
    if not ask or time.monotonic() < _remembered.until or connection.needs_rollback:
        return _remembered.prefixes
    try:
        return prefixes()
    except DatabaseError:
        logger.warning("what imported credentials begin with cannot be read: it is taken for what it was")
        _remembered.keep(_remembered.prefixes)
        return _remembered.prefixes
