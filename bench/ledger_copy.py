"""An empty copy of the ledger, and the rows that the ledger was given, as COPY's text."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

LEDGER, COPY = "metering_generation", "bench_generation"

_PARTITIONS = """
SELECT child.relname, pg_get_expr(child.relpartbound, child.oid)
FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = %s::regclass ORDER BY child.relname
"""
_ROWS = """
COPY (SELECT * FROM metering_generation WHERE generation_id = ANY (%s::uuid[]) ORDER BY generation_id) TO STDOUT
"""
_INDEXES = "SELECT count(*) FROM pg_indexes WHERE tablename LIKE %s"


def make(connection: psycopg.Connection) -> None:
    """Make the copy: the same columns, checks, primary key, indexes and partitions. AssertionError if it is not."""
    connection.execute(f"CREATE TABLE {COPY} (LIKE {LEDGER} INCLUDING ALL) PARTITION BY RANGE (generation_id)")
    for name, bound in connection.execute(_PARTITIONS, [LEDGER]).fetchall():
        part = sql.Identifier(name.replace(LEDGER, COPY))
        statement = sql.SQL("CREATE TABLE {} PARTITION OF {} ").format(part, sql.Identifier(COPY))
        connection.execute(statement + sql.SQL(bound))
    ours, theirs = (_indexes(connection, name) for name in (LEDGER, COPY))
    assert ours == theirs > 0, f"The ledger has {ours} indexes, its copy {theirs}."


def rows_of(connection: psycopg.Connection, batches: Sequence[Sequence[str]]) -> list[bytes]:
    """Return what the ledger holds of each batch of ids, as COPY's text. AssertionError where one is missing."""
    return [_rows(connection, ids) for ids in batches]


def _rows(connection: psycopg.Connection, ids: Sequence[str]) -> bytes:
    with connection.cursor().copy(_ROWS, [list(ids)]) as stream:
        text = b"".join(bytes(part) for part in stream)
    held = text.count(b"\n")
    assert held == len(ids), f"The ledger holds {held} of {len(ids)} generations."
    return text


def _indexes(connection: psycopg.Connection, name: str) -> int:
    found = connection.execute(_INDEXES, [f"{name}%"]).fetchone()
    return int(found[0]) if found else 0
