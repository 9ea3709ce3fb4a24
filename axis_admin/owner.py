"""The login that owns the tables. Only migrations use it; everything else runs as the application."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

EXTENSIONS = ("btree_gist", "pg_trgm")


@contextmanager
def as_owner(alias: str = "default") -> Iterator[BaseDatabaseWrapper]:
    """Inside, this process's connection logs in as the role that owns the tables."""
    connection = connections[alias]
    owner = settings.DATABASE_OWNER
    if not owner:
        raise CommandError("DATABASE_OWNER_URL is not set: migrations run as the owner of the tables.")
    if connection.settings_dict["USER"] == owner["USER"]:
        yield connection
        return
    before = {name: connection.settings_dict[name] for name in owner}
    connection.close()
    connection.settings_dict.update(owner)
    try:
        yield connection
    finally:
        connection.close()
        connection.settings_dict.update(before)


def prepare(connection: BaseDatabaseWrapper) -> None:
    """Extensions, and the application's rights on every table and sequence that the owner will make."""
    role = sql.Identifier(settings.DATABASE_APPLICATION)
    with connection.cursor() as cursor:
        for name in EXTENSIONS:
            cursor.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        for rights in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
            grant = sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT " + rights + " TO {}")
            cursor.execute(grant.format(role))
