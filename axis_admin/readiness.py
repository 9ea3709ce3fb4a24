"""What must answer before this process can work."""

import functools

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

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


@functools.cache
def _counter_store() -> redis.Redis:
    return redis.Redis.from_url(
        settings.VALKEY_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )


def _counter_store_answers() -> bool:
    try:
        return bool(_counter_store().ping())
    except redis.RedisError:
        return False
