"""A document as CSV: a row a line, then the total. Numbers are plain and alike by column, no text is a formula."""

from collections.abc import Iterator, Sequence
from typing import Any

from audit import sheets
from metering import currencies
from metering.papers.reading import Paper, PaperLine

HEADINGS = (
    "document",
    "number",
    "organization",
    "customer",
    "period",
    "position",
    "kind",
    "line",
    "note",
    "quantity",
    "billed_units",
    "unit_price",
    "amount",
    "currency",
)


def written(paper: Paper) -> bytes:
    """Return the file, in UTF-8 with the mark that spreadsheets look for."""
    return "".join(["\ufeff", *sheets.lines(HEADINGS, [*rows(paper), _total(paper)])]).encode()


def rows(paper: Paper) -> Iterator[Sequence[Any]]:
    """Yield the lines as HEADINGS name them, numbers as int and Decimal; empty where a line has none."""
    for line in paper.lines:
        yield (*_whose(paper), *_row(line))


def _whose(paper: Paper) -> Sequence[Any]:
    period = paper.document["period"]["label"]
    return paper.kind, paper.number, paper.document["customer"]["organization"], paper.customer[0], period


def _row(line: PaperLine) -> Sequence[Any]:
    price = "" if line.unit_price is None else currencies.price_in_full(line.unit_price)
    amount = currencies.trimmed(line.amount, line.currency)
    numbers = ["" if number is None else number for number in (line.quantity, line.billed)]
    return line.position, line.kind, line.name, line.note, *numbers, price, amount, line.currency


def _total(paper: Paper) -> Sequence[Any]:
    return *_whose(paper), "", "total", "Total, before tax", "", "", "", "", paper.total, paper.currency
