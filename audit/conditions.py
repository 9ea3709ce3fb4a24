"""Parts of a WHERE: SQL that is written here in full, and the values that it is asked with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Condition:
    """One part, with a %s for each of its values."""

    sql: str
    values: tuple[Any, ...] = ()


def joined(conditions: Iterable[Condition]) -> Condition:
    """All of them at once; TRUE for none."""
    parts = list(conditions)
    sql = " AND ".join(part.sql for part in parts) or "TRUE"
    return Condition(sql, tuple(value for part in parts for value in part.values))


def among(column: str, values: Sequence[str]) -> Condition:
    """The column has one of the values. One value is asked for with =, which lets an index keep the log's order."""
    if len(values) == 1:
        return Condition(f"{column} = %s", (values[0],))
    return Condition(f"{column} = ANY(%s)", (list(values),))
