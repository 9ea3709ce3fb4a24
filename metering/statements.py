"""Numbered documents for customers: the statement of a final period, and the credit notes that correct it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.db import connection, transaction

from audit import canonical, trail
from audit.verbs import Verb
from metering import currencies, numbering, papers, rating, statement_mail
from metering.models import BillingPeriod, Statement, StatementLine
from orgs.models import Organization

# How often a number may be taken already: each time, another organization had the slug before.
_TAKEN_AT_MOST = 20
_PLACE = """
SELECT coalesce(last.sequence, 0), coalesce(last.sha256, ''),
    ARRAY(SELECT number FROM metering_statement WHERE number = ANY (%(numbers)s::text[]))
FROM (SELECT) AS one LEFT JOIN LATERAL (
    SELECT sequence, sha256 FROM metering_statement WHERE organization_id = %(organization)s
    ORDER BY sequence DESC LIMIT 1
) AS last ON true
"""


class Drafted(Protocol):
    """What a period costs, as `metering.drafts` works it out."""

    @property
    def terms(self) -> rating.Terms: ...
    @property
    def lines(self) -> Sequence[papers.Charged]: ...
    @property
    def total(self) -> Decimal: ...
    @property
    def checks(self) -> Mapping[str, Any]: ...


class _Place(NamedTuple):
    """Where in an organization's chain the next document stands, and its number."""

    sequence: int
    previous_sha256: str
    number: str


@transaction.atomic
def issue(*, period: BillingPeriod, draft: Drafted, actor: trail.Actor, now: datetime) -> Statement:
    """Write the statement of a period, chained to its organization's last document, and tell the customer.

    The caller holds the organization's fence and makes the period final in the same transaction. IntegrityError where
    it has a statement already.
    """
    organization = period.organization
    place = _place(organization, _statement_numbers(organization, period))
    issued = _issued(place, Statement.Kind.STATEMENT, actor, now, {})
    document = papers.compose(
        **described(period),
        terms=draft.terms.to_json(),
        currency=draft.terms.currency,
        lines=draft.lines,
        total=draft.total,
        checks=draft.checks,
        issued=issued,
    )
    statement = _save(document, Statement(organization=organization, period=period, issued_at=now), place)
    _record(statement, actor=actor)
    # A period in which there was nothing to bill or to show is nothing to write about either.
    if draft.lines:
        statement_mail.tell(statement, organization)
    return statement


@transaction.atomic
def issue_credit_note(
    *, statement: Statement, line: papers.Charged, approval: Mapping[str, str], actor: trail.Actor, now: datetime
) -> Statement:
    """Write a credit note to a statement: one line, with who asked for it and who approved it.

    `approval` says `adjustment`, `asked_by`, `approved_by` and `counted_in`, the label of the period whose statement
    carries the credit. The caller holds the organization's fence.
    IntegrityError where the adjustment has one.
    """
    organization, kept = statement.organization, json.loads(statement.document)
    taken = statement.credit_notes.count()
    numbers = [numbering.of_credit_note(statement.number, taken + 1)]
    place = _place(organization, numbers)
    refers_to = {"uid": statement.uid, "number": statement.number, "sha256": statement.sha256}
    issued = _issued(
        place, Statement.Kind.CREDIT_NOTE, actor, now, {"refers_to": refers_to, "approval": dict(approval)}
    )
    document = papers.compose(
        customer=customer(organization),
        period=kept["period"],
        terms=kept["terms"],
        currency=kept["currency"],
        lines=[line],
        total=line.amount,
        checks={},
        issued=issued,
    )
    row = Statement(organization=organization, period_id=statement.period_id, refers_to=statement, issued_at=now)
    row.adjustment = approval["adjustment"]
    note = _save(document, row, place)
    _record(note, actor=actor)
    statement_mail.tell(note, organization)
    return note


def described(period: BillingPeriod) -> dict[str, Any]:
    """Return what a document says of whom it is for and when it was, in the words of now."""
    contract = period.contract
    return {
        "customer": customer(period.organization),
        "period": papers.span(period.label, period.span.lower, period.span.upper, contract.zone),
    }


def customer(organization: Organization) -> dict[str, str]:
    """Return what a document says of its customer, in the words of now."""
    return {
        "organization": organization.uid,
        "name": organization.name,
        "legal_name": organization.legal_name,
        "purchase_order": organization.purchase_order,
        "crm_ref": organization.crm_ref,
    }


def hashed(document: str) -> str:
    """Return the SHA-256 of a document's bytes, in hexadecimal."""
    return hashlib.sha256(document.encode()).hexdigest()


def _statement_numbers(organization: Organization, period: BillingPeriod) -> Sequence[str]:
    return [numbering.of_statement(organization.slug, period.label, again=again) for again in range(_TAKEN_AT_MOST)]


def _place(organization: Organization, numbers: Sequence[str]) -> _Place:
    """Find the end of the chain, and the first of the numbers that is free."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"organization": organization.pk, "numbers": list(numbers)})
        sequence, sha256, taken = cursor.fetchone()
    number = next(number for number in numbers if number not in taken)
    return _Place(sequence + 1, sha256, number)


def _issued(place: _Place, kind: str, actor: trail.Actor, now: datetime, further: Mapping[str, Any]) -> papers.Issued:
    return papers.Issued(
        uid=numbering.statement_uid(),
        kind=str(kind),
        number=place.number,
        sequence=place.sequence,
        previous_sha256=place.previous_sha256,
        at=now,
        by=trail.as_named(actor.label),
        further=further,
    )


def _save(document: Mapping[str, Any], statement: Statement, place: _Place) -> Statement:
    """Write a document down: its bytes and their hash, and in columns what is searched for."""
    statement.document = canonical.encode(document).decode()
    statement.sha256, statement.previous_sha256 = hashed(statement.document), place.previous_sha256
    statement.sequence, statement.number = place.sequence, place.number
    statement.uid, statement.kind = document["uid"], document["kind"]
    statement.currency, statement.total = document["currency"], Decimal(document["total"])
    statement.save(force_insert=True)
    StatementLine.objects.bulk_create(_line(statement, one) for one in document["lines"])
    return statement


def _line(statement: Statement, one: Mapping[str, Any]) -> StatementLine:
    return StatementLine(
        statement=statement,
        position=one["position"],
        kind=one["kind"],
        name=one["name"],
        note=one["note"],
        quantity=one["quantity"],
        units=one["units"],
        unit_price=None if one["unit_price"] is None else Decimal(one["unit_price"]),
        amount=Decimal(one["amount"]),
        opens=one["opens"],
    )


def _record(statement: Statement, *, actor: trail.Actor) -> None:
    trail.record(
        Verb.STATEMENT_ISSUED,
        actor=actor,
        target=statement.target,
        organization=statement.organization.target,
        further=[statement.period.target] if statement.period else [],
        changes={"number": [None, statement.number], "kind": [None, statement.kind]},
        detail={
            "total": currencies.said(statement.total, statement.currency),
            "sha256": statement.sha256,
            "adjustment": statement.adjustment,
        },
    )
