"""How many statements PostgreSQL carried out, by its own count."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from bench import stack

# A server process tells what it did within a second of having done it.
TOLD_AFTER_SECONDS = 1.5
# Outside of a transaction each statement is one of its own.
_COUNT = """
SELECT pg_stat_get_db_xact_commit(oid) + pg_stat_get_db_xact_rollback(oid) FROM pg_database WHERE datname = %s
"""


@dataclass
class Counted:
    """The statements of the stack's database between the beginning and the end, and how long that was."""

    count: int = 0
    seconds: float = 0.0


@contextmanager
def counted(var: Path) -> Iterator[Counted]:
    """Count what is carried out inside, by whomever; the count is there afterwards."""
    from axis_admin import embedded

    # From another database, so that counting is not counted.
    login = make_conninfo(stack.owner_login(var), dbname="postgres")
    found = Counted()
    with psycopg.connect(login, autocommit=True) as connection:
        before, began = _read(connection, embedded.DATABASE), time.monotonic()
        yield found
        found.count = _read(connection, embedded.DATABASE) - before
        found.seconds = time.monotonic() - began


def of_idle_servers(var: Path, seconds: float) -> int:
    """Return how many statements the stack carries out in so long while nobody calls."""
    with counted(var) as found:
        time.sleep(max(0.0, seconds - TOLD_AFTER_SECONDS))
    return found.count


def _read(connection: psycopg.Connection, database: str) -> int:
    time.sleep(TOLD_AFTER_SECONDS)
    row = connection.execute(_COUNT, [database]).fetchone()
    assert row is not None
    return int(row[0])
