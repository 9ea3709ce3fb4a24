"""Whether what was issued is what it was: every document against its hash, its chain, its rows and its own numbers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from audit import canonical
from metering import statements
from metering.models import BillingPeriod, Statement, StatementLine

AT_ONCE = 500
_COLUMNS = ("uid", "kind", "number", "sequence", "currency", "previous_sha256")
_LINE_COLUMNS = ("position", "kind", "name", "note", "quantity", "units", "opens")


@dataclass(frozen=True)
class Broken:
    """One document, and what is wrong with it in a few words."""

    number: str
    organization: str
    what: str

    def __str__(self) -> str:
        return f"{self.number} ({self.organization}): {self.what}"


def verify() -> tuple[int, list[Broken]]:
    """Check all documents; returns how many there are, and what is broken. Reads each once, some at a time."""
    seen, broken = 0, []
    before: Statement | None = None
    rows = Statement.objects.order_by("organization_id", "sequence")
    rows = rows.select_related("organization", "period").prefetch_related("lines")
    for statement in rows.iterator(chunk_size=AT_ONCE):
        if before is not None and before.organization_id != statement.organization_id:
            before = None
        seen += 1
        uid = statement.organization.uid
        broken += [Broken(statement.number, uid, what) for what in _problems(statement, before)]
        before = statement
    return seen, [*broken, *_without()]


def _without() -> Iterator[Broken]:
    """Final periods without a statement: the last of a chain leaves no gap behind."""
    final = BillingPeriod.objects.filter(state=BillingPeriod.State.FINAL)
    with_one = Statement.objects.statements().values("period")
    for period in final.exclude(pk__in=with_one).select_related("organization"):
        yield Broken(period.label, period.organization.uid, "is final and has no statement")


def predecessor(statement: Statement) -> Statement | None:
    """Return the document that stands before one in its organization's chain."""
    rows = Statement.objects.filter(organization=statement.organization_id, sequence__lt=statement.sequence)
    return rows.order_by("-sequence").first()


def out_of_place(statement: Statement, before: Statement | None) -> Iterator[str]:
    """Say what is wrong with where a document stands in its chain."""
    expected = before.sequence + 1 if before else 1
    if statement.sequence != expected:
        yield f"number {statement.sequence} of its organization stands where {expected} belongs"
    if statement.previous_sha256 != (before.sha256 if before else ""):
        yield "it does not follow the document before it"


def altered(statement: Statement) -> Iterator[str]:
    """Say what of a document is not as it was issued: its bytes, its rows, or its own numbers."""
    if statements.hashed(statement.document) != statement.sha256:
        yield "its bytes are not those of its hash"
    try:
        document = json.loads(statement.document)
        is_canonical = canonical.encode(document).decode() == statement.document
    except (ValueError, TypeError):
        yield "it is not JSON"
        return
    if not is_canonical:
        yield "it is not written canonically"
    yield from _differences(statement, document)


def _problems(statement: Statement, before: Statement | None) -> Iterator[str]:
    yield from out_of_place(statement, before)
    yield from altered(statement)


def _differences(statement: Statement, document: Mapping[str, Any]) -> Iterator[str]:
    """What the document says in another way than its rows, or than itself."""
    try:
        odd = [name for name in _COLUMNS if document[name] != getattr(statement, name)]
        total = Decimal(document["total"])
        if total != statement.total:
            odd.append("total")
        if document["customer"]["organization"] != statement.organization.uid:
            odd.append("organization")
        if statement.period is not None and document["period"]["label"] != statement.period.label:
            odd.append("period")
        if odd:
            yield f"its row says otherwise of {', '.join(odd)}"
        if sum((Decimal(line["amount"]) for line in document["lines"]), Decimal(0)) != total:
            yield "its lines do not add up to its total"
        if _lines_differ(list(statement.lines.all()), document["lines"]):
            yield "its lines as rows are not those of the document"
    except (KeyError, TypeError, ArithmeticError) as error:
        yield f"the document lacks something: {type(error).__name__}"


def _lines_differ(rows: list[StatementLine], lines: list[Mapping[str, Any]]) -> bool:
    return len(rows) != len(lines) or any(_differs(row, line) for row, line in zip(rows, lines, strict=True))


def _differs(row: StatementLine, line: Mapping[str, Any]) -> bool:
    if any(getattr(row, name) != line[name] for name in _LINE_COLUMNS):
        return True
    price = None if line["unit_price"] is None else Decimal(line["unit_price"])
    return row.unit_price != price or row.amount != Decimal(line["amount"])
