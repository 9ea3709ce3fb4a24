"""However many rows an export has, no more than a batch of them is in memory."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from metering.exporting import cells, writers
from metering.exporting.generations import COLUMNS

ROW = ["generation", *("a text of some length" for _ in COLUMNS[1:])]
BATCH = 500


def _peak(format: str, batches: int) -> int:
    """The most memory that writing so many batches takes, in bytes; what is written is let go of, as chunks are."""
    state: dict[str, Any] = {}
    tracemalloc.start()
    for number, rows in enumerate(_batches(batches)):
        writer = writers.of(format, COLUMNS, state)
        assert (b"" if number else writer.begin()) + writer.write(rows)
        state = writer.state
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _batches(count: int) -> Iterator[list[list[str]]]:
    for _ in range(count):
        yield [list(ROW) for _ in range(BATCH)]


@pytest.mark.parametrize("format", ["csv", "ndjson", "xlsx"])
def test_ten_times_the_rows_take_no_more_memory(format: str) -> None:
    few = _peak(format, 2)
    assert _peak(format, 20) < few * 1.5


def test_a_cell_is_as_long_as_a_spreadsheet_takes() -> None:
    assert len(cells.of_workbook("x" * 100_000)) < 33_000
