"""What is in a file: each format, and nothing in it that its reader would run."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.exporting import workbook, writers, zipping
from metering.exporting.columns import Column
from metering.exporting.workbook import WorkbookWriter
from metering.exporting.zipping import Archive, TooLarge

AT = datetime(2026, 11, 22, 5, 51, 36, 123_000, tzinfo=UTC)
COLUMNS = [Column("what", "What"), Column("at", "At (UTC)"), Column("counted", "Counted")]
ROWS = [["plain", AT, 7], ["=1+1", AT, -7], ["a\x1b\x00b", None, Decimal("1.50")], ['<&">é', AT, 2**60]]


def _file(format: str, rows: list[list[Any]]) -> bytes:
    writer = writers.of(format, COLUMNS, {})
    return writer.begin() + writer.write(rows) + writer.end()


def _sheets(data: bytes) -> list[list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [list(sheet.iter_rows(values_only=True)) for sheet in book]


def test_csv_tells_formulas_and_control_characters_as_texts() -> None:
    text = _file("csv", ROWS).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["What", "At (UTC)", "Counted"],
        ["plain", "2026-11-22 05:51:36.123", "7"],
        ["'=1+1", "2026-11-22 05:51:36.123", "-7"],
        ["a\ufffd\ufffdb", "", "1.50"],
        ['<&">é', "2026-11-22 05:51:36.123", str(2**60)],
    ]


def test_ndjson_tells_everything_as_it_is() -> None:
    first, formula, *_ = map(orjson.loads, _file("ndjson", ROWS[:2]).splitlines())
    assert first == {"what": "plain", "at": "2026-11-22T05:51:36.123Z", "counted": 7}
    assert formula["what"] == "=1+1"


def test_a_workbook_holds_numbers_times_and_texts() -> None:
    [sheet] = _sheets(_file("xlsx", ROWS))
    assert sheet == [
        ("What", "At (UTC)", "Counted"),
        ("plain", AT.replace(tzinfo=None), 7),
        ("'=1+1", AT.replace(tzinfo=None), -7),
        ("a\ufffd\ufffdb", None, 1.5),
        ('<&">é', AT.replace(tzinfo=None), str(2**60)),
    ]


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(_file("xlsx", [[f"{sign}1", None, 1] for sign in "=+-@|%"])))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}  # type: ignore[union-attr]


@settings(max_examples=20, deadline=None)
@given(batches=st.lists(st.integers(0, 7), max_size=6), most_rows=st.integers(2, 6))
def test_a_workbook_goes_on_in_a_further_sheet(batches: list[int], most_rows: int) -> None:
    writer = WorkbookWriter(COLUMNS, {}, most_rows=most_rows)
    data, count = writer.begin(), 0
    for size in batches:
        # What it knows of itself has been a row of the database meanwhile.
        writer = WorkbookWriter(COLUMNS, json.loads(json.dumps(writer.state)), most_rows=most_rows)
        data += writer.write([[f"row {count + n}", AT, n] for n in range(size)])
        count += size
    data += writer.end()
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    sheets = _sheets(data)
    assert [row[0] for sheet in sheets for row in sheet[1:]] == [f"row {n}" for n in range(count)]
    assert all(len(sheet) == most_rows for sheet in sheets[:-1])
    assert all(sheet[0] == ("What", "At (UTC)", "Counted") for sheet in sheets)


def test_a_sheet_has_as_many_rows_as_a_spreadsheet_takes() -> None:
    assert workbook.MOST_ROWS == 1_048_576


def test_the_same_rows_are_the_same_bytes() -> None:
    assert _file("xlsx", ROWS) == _file("xlsx", ROWS)


def test_an_archive_that_no_reader_could_open_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipping, "_MOST", 100)
    archive = Archive()
    archive.open("part")
    with pytest.raises(TooLarge):
        archive.write(bytes(range(256)))
