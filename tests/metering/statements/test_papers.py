"""What is handed out says what was issued, the same each time, and nothing in it can run."""

import csv
import json
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from django.db import connection, transaction
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as some

from axis_admin.owner import as_owner
from metering import papers, period_names, statement_files, statements
from metering.draft_lines import Line
from metering.models import Statement
from metering.papers import composing, pdf, xlsx
from metering.papers import csv as sheet
from tests.metering.statements.given import TERMS, Drafted

NAMES = (period_names.named, period_names.mentioned, period_names.dated)
HOSTILE = "=cmd|'/c calc'!A0 <b>&"


def _document(name: str = "Halide & Sons Lda.", **further: Any) -> dict[str, Any]:
    draft = Drafted(**further)
    return composing.compose(
        customer={"organization": "org_x", "name": name, "legal_name": name, "purchase_order": "", "crm_ref": ""},
        period={
            "label": "2026-10",
            "starts_local": "2026-10-01T00:00:00+01:00",
            "ends_local": "2026-11-01T00:00:00+00:00",
            "time_zone": "Europe/Lisbon",
        },
        terms=TERMS.to_json(),
        currency="EUR",
        lines=draft.lines,
        total=draft.total,
        checks={},
    )


def test_every_file_is_alike_each_time(statement: Statement) -> None:
    for extension in statement_files.FORMATS:
        first, second = (statement_files.made(statement, extension).content for _ in range(2))
        assert first == second, extension


def test_the_json_is_what_was_hashed(statement: Statement) -> None:
    content = statement_files.made(statement, "json").content
    assert statements.hashed(content.decode()) == statement.sha256


def test_the_csv_adds_up_and_says_no_formula() -> None:
    paper = papers.read(_document(HOSTILE))
    rows = list(csv.DictReader(StringIO(sheet.written(paper).decode("utf-8-sig"))))
    assert [row["customer"] for row in rows] == ["'" + HOSTILE] * 4
    assert sum(Decimal(row["amount"]) for row in rows[:-1]) == Decimal(rows[-1]["amount"]) == paper.total
    assert rows[2]["amount"] == "-68.40"


def test_a_column_of_a_file_is_written_in_one_way_without_loss() -> None:
    long = Line("usage", "v1", "", 1, 1, Decimal("0.0000000001"), Decimal(0))
    paper = papers.read(_document(lines=(*Drafted().lines, long)))
    rows = list(csv.DictReader(StringIO(sheet.written(paper).decode("utf-8-sig"))))
    assert [row["unit_price"] for row in rows] == ["0.0140000000", "9.5000000000", "", "0.0000000001", ""]
    assert [row["amount"] for row in rows] == ["9829.65", "2356.00", "-68.40", "0.00", "12117.25"]
    book = openpyxl.load_workbook(BytesIO(xlsx.written(papers.read(_document()), sha256="")))
    assert {cell.number_format for cell in book.active["E"] if isinstance(cell.value, float)} == {"#,##0.000"}


def test_the_xlsx_has_numbers_that_add_up_and_no_formula() -> None:
    paper = papers.read(_document(HOSTILE))
    book = openpyxl.load_workbook(BytesIO(xlsx.written(paper, sha256="")))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell for cell in cells if str(cell.value).startswith(HOSTILE)]
    column = [cell for cell in book.active["F"] if isinstance(cell.value, int | float)]
    *lines, total = (Decimal(str(cell.value)) for cell in column)
    assert sum(lines) == total == paper.total


def test_a_number_that_no_spreadsheet_holds_is_told_as_text() -> None:
    cell = openpyxl.Workbook().active.cell(1, 1)
    xlsx.put(cell, Decimal("12345678901234567.89"))
    assert (cell.value, cell.data_type) == ("12345678901234567.89", "s")


@pytest.mark.parametrize("name", ["株式会社ハライド", "Żółć Ελλ Студия", "استوديو", "A" * 200, HOSTILE, "\u0001\ufffe"])
def test_a_pdf_is_made_for_every_name(name: str) -> None:
    assert pdf.drawn(papers.read(_document(name)), sha256="").startswith(b"%PDF-")


def test_many_lines_make_many_pages() -> None:
    content = pdf.drawn(papers.read(_document(lines=Drafted().lines * 40)), sha256="ab" * 32)
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") > 3


def test_periods_are_named_so_that_none_reads_as_a_day() -> None:
    assert {name("2026-10") for name in NAMES} == {"October 2026"}
    assert [name("2026-01-15") for name in NAMES] == [
        "Period from 15 January 2026",
        "the period from 15 January 2026",
        "from 15 January 2026",
    ]


@settings(max_examples=25, deadline=None)
@examples(some.text(max_size=40))
def test_no_text_becomes_a_formula(text: str) -> None:
    cell = openpyxl.Workbook().active.cell(1, 1)
    xlsx.put(cell, text)
    assert cell.data_type != "f"


@pytest.mark.django_db(transaction=True)
def test_what_was_issued_survives_every_later_change(statement: Statement) -> None:
    """Terms, names, zones: all are changed by the owner, past every guard, and nothing that is handed out moves."""
    before = {each: statement_files.made(statement, each).content for each in statement_files.FORMATS}
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        for table, change in (
            ("orgs_organization", "name = 'X', legal_name = 'X', slug = 'x', time_zone = 'Asia/Kathmandu'"),
            ("metering_contract", "currency = 'USD', time_zone = 'Asia/Kathmandu', included_generations = 1"),
            ("metering_billingperiod", "label = '1999-01'"),
        ):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET {change}")
    kept = Statement.objects.get(pk=statement.pk)
    assert {each: statement_files.made(kept, each).content for each in statement_files.FORMATS} == before
    assert statements.hashed(kept.document) == statement.sha256
    assert json.loads(kept.document)["customer"]["legal_name"] == "Halide & Sons Lda."
