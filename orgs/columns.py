"""Columns that upper apps add to the list of organizations: live keys, generations this month, the last call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orgs.models import Organization


@dataclass(frozen=True)
class Column:
    """A heading, how its values are drawn, and one question that answers it for a whole page of organizations."""

    label: str
    drawn: Literal["number", "spark", "ago"]
    read: Callable[[Sequence[Organization]], Mapping[int, Any]]


_columns: list[Column] = []


def register(column: Column) -> None:
    """Add a column. Called by an AppConfig, once."""
    if all(known.label != column.label for known in _columns):
        _columns.append(column)


Row = tuple[Organization, list[tuple[Column, Any]]]


def for_page(
    organizations: Sequence[Organization],
) -> tuple[list[Column], list[Row]]:
    """Return the columns, and each organization with its values, in one statement per column."""
    answers = [(column, column.read(organizations)) for column in _columns]
    rows = [(each, [(column, values.get(each.pk)) for column, values in answers]) for each in organizations]
    return list(_columns), rows
