"""The tables of a document's PDF: who and when, the lines with their total, and what stands below."""

from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, Table, TableStyle

from metering.papers import fonts
from metering.papers.ink import FAINT, GREY, INK, LINE, STRONG, SUNK
from metering.papers.reading import Paper, PaperLine

_WIDTHS = (77 * mm, 24 * mm, 24 * mm, 22 * mm, 27 * mm)
# A credit note takes an amount off: nothing was counted for it.
_OF_NOTE = (0, 4)
_HEADINGS = ("Line", "Quantity", "Billed units", "Unit price", "Amount")
ROUNDING = "Each line is rounded once; the lines add up to the total. Taxes are not part of it."

_TEXT = ParagraphStyle("text", fontName=fonts.REGULAR, fontSize=8.5, leading=11.5, textColor=INK)
_SMALL = ParagraphStyle("small", _TEXT, fontSize=7.5, leading=10, textColor=FAINT)
_LEAD = ParagraphStyle("lead", _TEXT, fontName=fonts.BOLD)
_NUMBER = ParagraphStyle("number", _TEXT, alignment=TA_RIGHT)
_SUM = ParagraphStyle("sum", _NUMBER, fontName=fonts.BOLD, fontSize=9.5)
_HEADING = ParagraphStyle("heading", _SMALL, textColor=GREY)
_HEADING_RIGHT = ParagraphStyle("heading-right", _HEADING, alignment=TA_RIGHT)


def facts(paper: Paper) -> Table:
    """Who it is for, when it was, what was agreed, and the total at a glance."""
    issued = [f"Issued {paper.issued_said}"] if paper.issued_at else ["Not final"]
    columns = [
        ("Customer", paper.customer),
        ("Billing period", [paper.period_named, *paper.span_lines, *issued]),
        ("Contract", [paper.contract_said, *paper.agreed, *paper.capacity]),
    ]
    row = [[_paragraph(name, _SMALL), *(_paragraph(line, _TEXT) for line in lines)] for name, lines in columns]
    return Table([row], colWidths=[58 * mm, 60 * mm, 56 * mm], style=TableStyle(_plain()))


def remark(name: str, value: str) -> Table:
    """One such thing in a row of its own."""
    row = [_paragraph(name, _SMALL), _paragraph(value, _TEXT)]
    return Table([row], colWidths=[34 * mm, 140 * mm], style=TableStyle(_plain()))


def lines(paper: Paper) -> Table:
    """All lines and the total; the headings stand on every page."""
    headings = [_paragraph(text, _HEADING_RIGHT if column else _HEADING) for column, text in enumerate(_HEADINGS)]
    rows = [_row(line) for line in paper.lines] or [[_paragraph("Nothing was used or agreed.", _TEXT), "", "", "", ""]]
    total = [_paragraph("Total, before tax", _LEAD), "", "", "", _paragraph(paper.total_said, _SUM)]
    style = [
        *_plain(padding=5),
        ("BACKGROUND", (0, 0), (-1, 0), SUNK),
        ("LINEBELOW", (0, 0), (-1, -2), 0.5, LINE),
        ("LINEABOVE", (0, -1), (-1, -1), 1, STRONG),
        ("SPAN", (0, -1), (-2, -1)),
        ("NOSPLIT", (0, -2), (-1, -1)),
    ]
    shown = _OF_NOTE if paper.kind == "credit_note" else range(len(_WIDTHS))
    cells = [[row[column] for column in shown] for row in (headings, *rows, total)]
    others = [_WIDTHS[column] for column in shown[1:]]
    return Table(cells, colWidths=[sum(_WIDTHS) - sum(others), *others], style=TableStyle(style), repeatRows=1)


def closing(paper: Paper) -> Paragraph:
    """What is to be known of the numbers."""
    return _paragraph(
        ROUNDING if not paper.is_draft else f"A draft: it may change until it is final. {ROUNDING}", _SMALL
    )


def _row(line: PaperLine) -> list[Any]:
    name = [_paragraph(line.name, _LEAD), *([_paragraph(line.note, _SMALL)] if line.note else [])]
    numbers = (_counted(line.quantity), _counted(line.billed), line.price_said, line.amount_said)
    return [name, *(_paragraph(number, _NUMBER) for number in numbers)]


def _counted(number: int | None) -> str:
    return "" if number is None else f"{number:,}".replace("-", "−")


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """Write a text as it is, parts of it in another font where the usual one lacks them."""
    parts = (
        escape(part) if font == style.fontName else f'<font name="{font}">{escape(part)}</font>'
        for font, part in fonts.runs(text, style.fontName)
    )
    return Paragraph("".join(parts), style)


def _plain(padding: float = 0) -> list[Any]:
    return [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), padding),
        ("RIGHTPADDING", (0, 0), (-1, -1), padding),
        ("TOPPADDING", (0, 0), (-1, -1), padding),
        ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
    ]
