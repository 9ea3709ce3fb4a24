"""Who writes which format. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from metering.exporting.columns import Column
from metering.exporting.lines import CsvWriter, NdjsonWriter
from metering.exporting.workbook import WorkbookWriter

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Writer(Protocol):
    """Makes bytes of rows, batch after batch. `state` is plain data from which another one goes on."""

    state: dict[str, Any]

    def begin(self) -> bytes: ...

    def write(self, rows: Iterable[Sequence[Any]]) -> bytes: ...

    def end(self) -> bytes: ...


def of(format: str, columns: Sequence[Column], state: dict[str, Any]) -> Writer:
    """Return the writer of a format, as far as `state` says it is; {} to begin with. KeyError for an unknown one."""
    kinds: dict[str, type[CsvWriter | NdjsonWriter | WorkbookWriter]] = {
        "csv": CsvWriter,
        "ndjson": NdjsonWriter,
        "xlsx": WorkbookWriter,
    }
    return kinds[format](columns, state)
