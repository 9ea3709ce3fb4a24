"""A document as XLSX: numbers are numbers, the lines add up to the total, and no cell is ever a formula."""

from datetime import datetime
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from metering import currencies
from metering.papers import packing
from metering.papers.reading import Paper, PaperLine

_HEADINGS = ("Line", "Note", "Quantity", "Billed units", "Unit price", "Amount")
_WIDTHS = (44, 52, 14, 14, 14, 18)
_LEAD = Font(bold=True)
_FAINT = Font(color="5F645D")
_HEAD = PatternFill("solid", start_color="F1F2EE")
_RIGHT = Alignment(horizontal="right")
_TOTAL = Border(top=Side("thin", color="838A80"))
# A spreadsheet counts in doubles: more digits than these it cannot hold.
_DIGITS = 15


def written(paper: Paper, *, sha256: str) -> bytes:
    """Return the workbook, alike for alike documents."""
    book = Workbook()
    sheet: Worksheet = book.active  # type: ignore[assignment]
    sheet.title = (paper.number or "Draft")[:31]
    _write_facts(sheet, paper, sha256)
    _write_lines(sheet, paper)
    for letter, width in zip("ABCDEF", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    at = paper.issued_at.replace(tzinfo=None) if paper.issued_at else datetime(2000, 1, 1)  # noqa: DTZ001
    book.properties.created = book.properties.modified = at
    book.properties.creator, book.properties.title = "Axis API", f"{paper.title} {paper.number}"
    return packing.packed(book)


def put(cell: Cell | MergedCell, value: str | int | Decimal | None) -> Cell | MergedCell:
    """Write a value; a text stays one, whatever it begins with, and a number that does not fit is told in full."""
    if isinstance(value, Decimal | int) and _fits(Decimal(value)):
        cell.value = value
    elif value is not None and value != "":
        cell.value = _printable(str(value))
        cell.data_type = "s"
    return cell


def _fits(number: Decimal) -> bool:
    return len(number.normalize().as_tuple().digits) <= _DIGITS


def _printable(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def _write_facts(sheet: Worksheet, paper: Paper, sha256: str) -> None:
    facts = [
        (paper.title, paper.number or "not final"),
        ("Customer", ", ".join(paper.customer)),
        ("Billing period", f"{paper.period_named}: {paper.span_said}"),
        ("Contract", ", ".join([paper.contract_said, *paper.agreed])),
        ("Issued", paper.issued_said or "not final"),
        *paper.remarks,
        ("Currency", paper.currency),
        *([("SHA-256", sha256)] if sha256 else []),
    ]
    for row, (name, value) in enumerate(facts, start=1):
        put(sheet.cell(row, 1), name).font = _LEAD if row == 1 else _FAINT
        put(sheet.cell(row, 2), value)


def _write_lines(sheet: Worksheet, paper: Paper) -> None:
    top = sheet.max_row + 2
    for column, text in enumerate(_HEADINGS, start=1):
        cell = put(sheet.cell(top, column), text)
        cell.font, cell.fill = _LEAD, _HEAD
        cell.alignment = _RIGHT if column > 2 else Alignment()
    places = _places(paper)
    for row, line in enumerate(paper.lines, start=top + 1):
        _write_line(sheet, row, line, places)
    _write_total(sheet, paper, top + 1 + len(paper.lines))
    sheet.freeze_panes = f"A{top + 1}"


def _write_line(sheet: Worksheet, row: int, line: PaperLine, places: int) -> None:
    values = (line.name, line.note, line.quantity, line.billed, line.unit_price, line.amount)
    cells = [put(sheet.cell(row, column), value) for column, value in enumerate(values, start=1)]
    cells[2].number_format = cells[3].number_format = "#,##0"
    cells[4].number_format = _decimals(places)
    cells[5].number_format = _decimals(currencies.decimals(line.currency))


def _places(paper: Paper) -> int:
    """How many decimals the unit prices have: as many as the longest of them."""
    prices = (line.unit_price for line in paper.lines if line.unit_price is not None)
    return max((-int(currencies.trimmed(one, paper.currency).as_tuple().exponent) for one in prices), default=0)


def _write_total(sheet: Worksheet, paper: Paper, row: int) -> None:
    """The document's own total: as a formula it would be empty wherever nothing computes, such as in a preview."""
    put(sheet.cell(row, 1), "Total, before tax")
    put(sheet.cell(row, 6), paper.total).number_format = _decimals(currencies.decimals(paper.currency))
    for column in range(1, 7):
        sheet.cell(row, column).font, sheet.cell(row, column).border = _LEAD, _TOTAL


def _decimals(places: int) -> str:
    return f"#,##0.{'0' * places}" if places else "#,##0"
