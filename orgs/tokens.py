"""Tokens of organizations in the counter store: what a process remembers of one holds while its token is the same.

Random and never reused, so that an emptied store, or one restored from yesterday, confirms nothing that has changed.
"""

import functools
import secrets

import redis
from django.conf import settings

from orgs import valkey

# Renewed with every organization's: whoever does not know yet whose a credential is watches this one.
EVERYBODYS = "token"
# Somebody waits for the answer to a change, and every process waits for the token.
TIMEOUT_SECONDS = 0.5


def name(organization: int) -> str:
    """Return where the token of an organization stands, by its primary key."""
    return f"{{{organization}}}:token"


def made() -> str:
    """Return a token that nobody has had."""
    return secrets.token_hex(12)


def renew(organization: int) -> None:
    """Make all that is remembered of an organization stale. Raises RedisError where it may not have arrived."""
    # In this order: whoever still finds everybody's unchanged has not read the organization's new one either.
    _client().set(EVERYBODYS, made())
    _client().set(name(organization), made())


@functools.cache
def _client() -> redis.Redis:
    return valkey.connect(settings.VALKEY_URL, timeout=TIMEOUT_SECONDS, tries=1)
