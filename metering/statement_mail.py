"""Tell a customer's billing contacts of a statement or a credit note, with the PDF: once each, or again when asked."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from metering import currencies, period_names
from metering.models import Statement
from orgs import notices
from orgs.models import Notice, Organization

KIND = Notice.Kind.STATEMENT_ISSUED
ATTACHED = "statement"
_LETTERS = {Statement.Kind.STATEMENT: "statement_issued", Statement.Kind.CREDIT_NOTE: "credit_note_issued"}


class Written(NamedTuple):
    """A document as its row keeps it, and as it was composed or read again."""

    statement: Statement
    document: Mapping[str, Any]


def tell(statement: Statement, organization: Organization, *, again: str) -> int:
    """Write the mails into the outbox once more, also where the kind is muted; returns how many.

    `again` names the occasion. In the transaction of what is recorded of it.
    """
    return notices.tell_all([_telling(Written(statement, json.loads(statement.document)), organization, again)])


def tell_many(issued: Iterable[Written]) -> int:
    """Write the mails of documents that are just being issued, in a number of statements that does not grow with them.

    In the transaction of the change; returns how many.
    """
    return notices.tell_all([_telling(one, one.statement.organization) for one in issued])


def sent(statement: Statement) -> list[Notice]:
    """Return what was written to whom about it, the newest first."""
    return list(Notice.objects.filter(kind=KIND, about__startswith=f"{statement.uid}/").order_by("-pk"))


def _telling(written: Written, organization: Organization, again: str = "") -> notices.Telling:
    statement, document = written.statement, written.document
    facts = {
        "number": document["number"],
        "period": period_names.dated(document["period"]["label"]),
        "total": currencies.said(Decimal(document["total"]), document["currency"]),
        "statement": document.get("refers_to", {}).get("number", ""),
    }
    return notices.Telling(
        organization=organization,
        kind=KIND,
        about=f"{statement.uid}/{again or 'issued'}",
        facts=facts,
        letter=_LETTERS[Statement.Kind(statement.kind)],
        attachment=f"{ATTACHED}/{statement.uid}",
        is_asked_for=bool(again),
    )
