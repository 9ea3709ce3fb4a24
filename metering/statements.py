"""Numbered documents for customers: the statement of a final period, and the credit notes that correct it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db import transaction

from audit import canonical, rows, trail
from audit.verbs import Verb
from metering import chains, currencies, numbering, papers, rating, statement_mail
from metering.chains import Place
from metering.models import BillingPeriod, Statement, StatementLine
from metering.statement_mail import Written
from orgs.models import Organization

# How often a number may be taken already: each time, another organization had the slug before.
_TAKEN_AT_MOST = 20


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


def issue(*, period: BillingPeriod, draft: Drafted, actor: trail.Actor, now: datetime) -> Statement:
    """Write the statement of a period, chained to its organization's last document, and tell the customer.

    The caller holds the organization's fence and makes the period final in the same transaction. IntegrityError where
    it has a statement already.
    """
    return issue_many(drafted=[(period, draft)], actor=actor, now=now)[0]


@transaction.atomic
def issue_many(
    *, drafted: Sequence[tuple[BillingPeriod, Drafted]], actor: trail.Actor, now: datetime
) -> list[Statement]:
    """Do so for periods of several organizations, one of each, in a number of statements that does not grow with them.

    Each stands in the chain of its own organization.
    """
    wanted = [(period.organization_id, _statement_numbers(period.organization, period)) for period, _ in drafted]
    written = [
        _written(
            _document(period, draft, place, actor, now),
            Statement(organization=period.organization, period=period, issued_at=now),
            place,
        )
        for (period, draft), place in zip(drafted, chains.places(wanted), strict=True)
    ]
    _save(written, actor=actor)
    # A period in which there was nothing to bill or to show is nothing to write about either.
    statement_mail.tell_many([one for one in written if one.document["lines"]])
    return [one.statement for one in written]


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
    [place] = chains.places([(organization.pk, numbers)])
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
    note = _written(document, row, place)
    _save([note], actor=actor)
    statement_mail.tell_many([note])
    return note.statement


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


def _document(
    period: BillingPeriod, draft: Drafted, place: Place, actor: trail.Actor, now: datetime
) -> Mapping[str, Any]:
    return papers.compose(
        **described(period),
        terms=draft.terms.to_json(),
        currency=draft.terms.currency,
        lines=draft.lines,
        total=draft.total,
        checks=draft.checks,
        issued=_issued(place, Statement.Kind.STATEMENT, actor, now, {}),
    )


def _issued(place: Place, kind: str, actor: trail.Actor, now: datetime, further: Mapping[str, Any]) -> papers.Issued:
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


def _written(document: Mapping[str, Any], statement: Statement, place: Place) -> Written:
    """Fill a row from a document: its bytes and their hash, and in columns what is searched for."""
    statement.document = canonical.encode(document).decode()
    statement.sha256, statement.previous_sha256 = hashed(statement.document), place.previous_sha256
    statement.sequence, statement.number = place.sequence, place.number
    statement.uid, statement.kind = document["uid"], document["kind"]
    statement.currency, statement.total = document["currency"], Decimal(document["total"])
    return Written(statement, document)


def _save(written: Sequence[Written], *, actor: trail.Actor) -> None:
    """Write documents down with their lines, and record that they were issued."""
    rows.insert([one.statement for one in written])
    rows.insert([_line(one.statement, line) for one in written for line in one.document["lines"]])
    trail.record_many([_happened(one.statement) for one in written], actor=actor)


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


def _happened(statement: Statement) -> trail.Happened:
    return trail.Happened(
        Verb.STATEMENT_ISSUED,
        statement.target,
        organization=statement.organization.target,
        further=[statement.period.target] if statement.period else [],
        changes={"number": [None, statement.number], "kind": [None, statement.kind]},
        detail={
            "total": currencies.said(statement.total, statement.currency),
            "sha256": statement.sha256,
            "adjustment": statement.adjustment,
        },
    )
