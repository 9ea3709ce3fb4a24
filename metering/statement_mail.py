"""Tell a customer's billing contacts of a statement or a credit note, with the PDF: once each, or again when asked."""

import json
from collections.abc import Iterable

from metering import papers
from metering.models import Statement
from orgs import notices
from orgs.models import Notice, Organization

KIND = Notice.Kind.STATEMENT_ISSUED
ATTACHED = "statement"
_LETTERS = {Statement.Kind.STATEMENT: "statement_issued", Statement.Kind.CREDIT_NOTE: "credit_note_issued"}


def tell(statement: Statement, organization: Organization, *, again: str = "") -> int:
    """Write the mails into the outbox, in the transaction of the change; returns how many.

    `again` names the occasion on which a person sends it once more, also where the kind is muted.
    """
    return notices.tell_all([_telling(statement, organization, again)])


def tell_many(statements: Iterable[Statement]) -> int:
    """Do so for documents that have just been issued, in a number of statements that does not grow with them."""
    return notices.tell_all([_telling(statement, statement.organization) for statement in statements])


def sent(statement: Statement) -> list[Notice]:
    """Return what was written to whom about it, the newest first."""
    return list(Notice.objects.filter(kind=KIND, about__startswith=f"{statement.uid}/").order_by("-pk"))


def _telling(statement: Statement, organization: Organization, again: str = "") -> notices.Telling:
    document = json.loads(statement.document)
    paper = papers.read(document)
    facts = {
        "number": paper.number,
        "period": paper.period_named,
        "total": paper.total_said,
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
