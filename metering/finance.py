"""The documents of a month over all organizations, for the books: a row a line, from the documents themselves.

What a credit note says is a line of a later statement, and counts there: its rows have no amount to add up.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from audit import sheets
from metering import currencies, papers
from metering.models import BillingPeriod, Statement
from metering.models.statements import StatementQuerySet
from metering.papers import csv, packing, xlsx
from metering.papers.reading import Paper

AT_ONCE = 500
FURTHER = ("starts_at", "ends_at", "issued_at", "refers_to", "document_total", "sha256", "credited", "credited_in")
HEADINGS = (*csv.HEADINGS, *FURTHER)
_AMOUNT = csv.HEADINGS.index("amount")
NONE = Decimal(0)
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Total:
    """What the statements of a month come to in one currency, and what the credit notes to them say."""

    currency: str
    statements: int
    amount: Decimal
    notes: int
    credited: Decimal

    @property
    def said(self) -> str:
        return currencies.said(self.amount, self.currency)

    @property
    def credited_said(self) -> str:
        return currencies.said(self.credited, self.currency) if self.notes else ""


def of_month(rows: StatementQuerySet, month: str) -> StatementQuerySet:
    """Keep the statements of periods that begin in a month such as `2026-10`, and the credit notes to them."""
    return rows.filter(period__label__startswith=month).order_by("organization__uid", "sequence")


def totals(rows: StatementQuerySet) -> list[Total]:
    """Add up documents by currency, the most statements first."""
    statement, note = Q(kind=Statement.Kind.STATEMENT), Q(kind=Statement.Kind.CREDIT_NOTE)
    summed = (
        rows.order_by()
        .values_list("currency")
        .annotate(
            statements=Count("pk", filter=statement),
            amount=Sum("total", filter=statement, default=NONE),
            notes=Count("pk", filter=note),
            credited=Sum("total", filter=note, default=NONE),
        )
    )
    found = [
        Total(currency, statements, _exact(amount, currency), notes, _exact(credited, currency))
        for currency, statements, amount, notes, credited in summed
    ]
    return sorted(found, key=lambda one: (-one.statements, one.currency))


def months(now: datetime, *, first: str = "") -> list[str]:
    """Return the months since `first`, such as `2026-10`, the latest of them first; this month at least."""
    this = now.year * 12 + now.month - 1
    oldest = int(first[:4]) * 12 + int(first[5:7]) - 1 if first else this
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(this, min(oldest, this) - 1, -1)]


def unfinished(periods: Any, month: str) -> int:
    """Count the periods of a month that have no statement yet: the file would lack them."""
    return int(periods.filter(label__startswith=month).exclude(state=BillingPeriod.State.FINAL).count())


def lines(rows: StatementQuerySet) -> Iterator[Sequence[Any]]:
    """Yield the rows that HEADINGS name, document by document: `amount` adds up to what the statements come to."""
    for statement in rows.iterator(chunk_size=AT_ONCE):
        paper = papers.read(json.loads(statement.document))
        further = _further(paper, statement)
        for row in csv.rows(paper):
            if statement.kind == Statement.Kind.CREDIT_NOTE:
                counted_in = paper.document["approval"].get("counted_in", "")
                yield (
                    *row[:_AMOUNT],
                    _exact(NONE, statement.currency),
                    *row[_AMOUNT + 1 :],
                    *further,
                    row[_AMOUNT],
                    counted_in,
                )
            else:
                yield (*row, *further, "", "")


def as_csv(rows: StatementQuerySet) -> Iterator[str]:
    """Yield the CSV's lines; texts that would be formulas are told as texts."""
    yield "\ufeff"
    yield from sheets.lines(HEADINGS, lines(rows))


def as_xlsx(rows: StatementQuerySet, month: str) -> bytes:
    """Return the workbook; numbers are numbers, and no cell is a formula."""
    book = Workbook(write_only=True)
    sheet: WriteOnlyWorksheet = book.create_sheet(month)
    sheet.freeze_panes = "A2"
    sheet.append([_lead(sheet, text) for text in HEADINGS])
    for row in lines(rows):
        sheet.append([xlsx.put(WriteOnlyCell(sheet), value) for value in row])
    book.properties.creator = "Axis API"
    book.properties.created = book.properties.modified = datetime.fromisoformat(f"{month}-01")
    return packing.packed(book)


def _lead(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _further(paper: Paper, statement: Statement) -> Sequence[Any]:
    period, document = paper.document["period"], paper.document
    refers_to = document.get("refers_to", {}).get("number", "")
    return period["starts_at"], period["ends_at"], document["issued_at"], refers_to, paper.total, statement.sha256


def _exact(total: Decimal, currency: str) -> Decimal:
    return total.quantize(currencies.smallest(currency))
