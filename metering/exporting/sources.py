"""What an export reads: the rows of the explorer's filter, batch after batch, as they were when it was asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from django.http import QueryDict

from metering.explorer import Filter, tables
from metering.exporting import generations
from metering.exporting.columns import Column
from metering.models import Export

AT_ONCE = 5_000


@dataclass(frozen=True)
class Batch:
    """Some rows, and where the next ones begin: behind this generation, or this void."""

    rows: Sequence[Sequence[Any]]
    position: UUID | None = None
    voids: int | None = None


class Source(Protocol):
    """Rows under columns. `goes_on` says whether another worker can go on behind any batch."""

    goes_on: bool

    @property
    def columns(self) -> Sequence[Column]: ...

    def expected(self) -> int | None: ...

    def batches(self) -> Iterator[Batch]: ...


def of(export: Export) -> Source:
    """Return what the export reads, from where it stands."""
    asked = asked_of(export)
    return Generations(asked, export) if export.what == Export.What.GENERATIONS else Table(asked)


def asked_of(export: Export) -> Filter:
    """Read the filter as it was when it was asked: at that time, and in what its owner saw then."""
    asked = Filter.from_query(QueryDict(export.query), export.owner, export.organization, now=export.as_of)
    if export.organizations is None:
        return asked
    seen = frozenset(export.organizations)
    named = asked.organizations and tuple(one for one in asked.organizations if one.pk in seen)
    is_elsewhere = asked.period is not None and asked.period.organization_id not in seen
    scope = seen if asked.scope is None else seen & asked.scope
    return replace(asked, scope=scope, organizations=named, is_nothing=asked.is_nothing or is_elsewhere)


class Generations:
    """The ledger itself: rows that never change, in an order that never does."""

    goes_on = True
    columns = generations.COLUMNS

    def __init__(self, asked: Filter, export: Export) -> None:
        self._asked, self._export = asked, export

    def expected(self) -> int | None:
        """Return about how many rows there are."""
        return generations.expected(self._asked, as_of=self._export.as_of)

    def batches(self) -> Iterator[Batch]:
        """Yield what is not in the export yet; the voids come behind all generations."""
        export, as_of = self._export, self._export.as_of
        position = export.position
        if export.voids is None:
            for rows, last_id in generations.after(self._asked, position, as_of=as_of):
                position = last_id
                yield Batch(rows, position)
        for rows, last in generations.voids_after(self._asked, export.voids, as_of=as_of):
            yield Batch(rows, position, last)


class Table:
    """The explorer's table: what it counts goes on changing, so that it is read in one go, from one moment."""

    goes_on = False

    def __init__(self, asked: Filter) -> None:
        self._asked = asked
        names = [asked.grain, *map(_named, tables.COLUMNS), "generations", "units"]
        self.columns: Sequence[Column] = list(map(Column, names, tables.headings(asked)))

    def expected(self) -> int | None:
        """Nobody has counted them."""
        return None

    def batches(self) -> Iterator[Batch]:
        """Yield all rows."""
        rows = tables.rows(self._asked)
        while batch := list(islice(rows, AT_ONCE)):
            yield Batch(batch)


def _named(column: str) -> str:
    """What a column of the table is called elsewhere: `organization__uid` is the organization."""
    return column.removesuffix("__uid").removesuffix("__label").replace("__", "_")
