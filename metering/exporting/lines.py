"""Files that are a line for each row: CSV and NDJSON. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from metering.exporting import cells
from metering.exporting.columns import Column


class CsvWriter:
    """A line of headings, then a line for each row."""

    def __init__(self, columns: Sequence[Column], state: dict[str, Any]) -> None:
        self._columns, self.state = columns, state

    def begin(self) -> bytes:
        """Return what stands above the rows; the mark in front tells spreadsheets that it is UTF-8."""
        return b"\xef\xbb\xbf" + self.write([[column.heading for column in self._columns]])

    def write(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """Return some rows."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows([cells.of_csv(value) for value in row] for row in rows)
        return text.getvalue().encode()

    def end(self) -> bytes:
        """Return what stands below them."""
        return b""


class NdjsonWriter:
    """An object for each row, a line each."""

    def __init__(self, columns: Sequence[Column], state: dict[str, Any]) -> None:
        self._names, self.state = [column.name for column in columns], state

    def begin(self) -> bytes:
        """Return what stands above the rows."""
        return b""

    def write(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """Return some rows."""
        return b"".join(map(self._line, rows))

    def end(self) -> bytes:
        """Return what stands below them."""
        return b""

    def _line(self, row: Sequence[Any]) -> bytes:
        said = {name: cells.of_json(value) for name, value in zip(self._names, row, strict=True)}
        return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)
