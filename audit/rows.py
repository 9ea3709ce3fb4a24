"""Write many rows with one statement and one parameter: its text is the same for any number of them.

So the server keeps it prepared, and the driver has no thousands of placeholders to hand over.
"""

import functools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, models


def insert(rows: Sequence[models.Model], *, on_conflict: str = "") -> None:
    """Insert rows of one model in their order; the primary keys that the database gives are set on them.

    `on_conflict` is SQL, such as `ON CONFLICT DO NOTHING`: then none are set. Raises what the database refuses.
    """
    if not rows:
        return
    model = type(rows[0])
    key = model._meta.pk
    names = _names(model)
    told = orjson.dumps([{column: getattr(row, name) for column, name in names} for row in rows], default=_written)
    returned = "" if on_conflict or key.attname in dict(names).values() else f"RETURNING {key.column}"
    with connection.cursor() as cursor:
        cursor.execute(f"{_statement(model)} {on_conflict} {returned}", [told.decode()])
        given = cursor.fetchall() if returned else ()
    for row, (value,) in zip(rows, given, strict=bool(returned)):
        setattr(row, key.attname, value)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@functools.cache
def _statement(model: type[models.Model]) -> str:
    table, columns = model._meta.db_table, ", ".join(column for column, _ in _names(model))
    read = f"json_populate_recordset(NULL::{table}, %s::json)"
    # The names are the models' own.
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {read}"  # noqa: S608


@functools.cache
def _names(model: type[models.Model]) -> list[tuple[str, str]]:
    """The columns that are written, each with its attribute: all but those that the database fills by itself."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if not (field.generated or field.has_db_default() or isinstance(field, models.AutoField))
    ]
    return [(str(field.column), field.attname) for field in fields]


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return f"\\x{bytes(value).hex()}"
    raise TypeError(f"{type(value).__name__} is not written in rows.")
