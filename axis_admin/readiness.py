"""What must answer before this process can work."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from orgs import valkey

TIMEOUT_SECONDS = 1.0


def failing() -> list[str]:
    """The names of what is not ready, of `database`, `migrations` and `counter_store`; empty when all is."""
    names = []
    try:
        connection.ensure_connection()
        if _unapplied():
            names.append("migrations")
    except DatabaseError:
        names.append("database")
    if not _counter_store_answers():
        names.append("counter_store")
    return names


def _unapplied() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _counter_store_answers() -> bool:
    try:
        # Asked once, on a connection of its own: whether it answers now, not whether it would in the end.
        with valkey.connect(settings.VALKEY_URL, timeout=TIMEOUT_SECONDS) as store:
            return bool(store.ping())
    except redis.RedisError:
        return False
