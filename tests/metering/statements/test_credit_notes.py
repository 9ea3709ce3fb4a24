"""A credit about a final period has a numbered document of its own; the statement stays as it was."""

import json
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event
from metering import actions, crediting, verification
from metering.models import Adjustment, BillingPeriod, Statement
from tests.cast import ACTOR
from tests.metering.closing.given import period_of
from tests.metering.statements.given import ISSUED, a_credit, issued


def _issue(adjustment: Adjustment) -> Statement:
    return actions.issue_credit_note(adjustment=adjustment, actor=ACTOR, now=ISSUED)


def test_it_refers_to_the_statement_and_follows_it(statement: Statement) -> None:
    note = _issue(a_credit(statement.period))
    assert (note.number, note.sequence, note.kind) == ("HALIDE-SONS-2026-10-CN1", 2, "credit_note")
    assert (note.refers_to, note.previous_sha256, note.total) == (statement, statement.sha256, Decimal("-68.40"))
    document = json.loads(note.document)
    assert document["refers_to"] == {
        "uid": statement.uid,
        "number": statement.number,
        "sha256": statement.sha256,
    }
    assert document["approval"] == {
        "adjustment": note.adjustment,
        "asked_by": "Tomas Reyl",
        "approved_by": "Mina Okoro",
        "counted_in": "2026-11",
    }
    assert verification.verify() == (2, [])


def test_what_staff_wrote_among_themselves_is_not_in_it(statement: Statement) -> None:
    note = _issue(a_credit(statement.period))
    assert "The pool was short" not in note.document
    assert "Agreed" not in note.document


def test_the_second_one_counts_on(statement: Statement) -> None:
    _issue(a_credit(statement.period))
    assert _issue(a_credit(statement.period)).number == "HALIDE-SONS-2026-10-CN2"


def test_the_next_statement_follows_the_note(statement: Statement) -> None:
    note = _issue(a_credit(statement.period))
    september = issued(period_of(statement.period.contract, "2026-09"))
    assert (september.sequence, september.previous_sha256) == (3, note.sha256)


def test_an_adjustment_has_one(statement: Statement) -> None:
    credit = a_credit(statement.period)
    assert crediting.without_note(statement.period) == [credit]
    _issue(credit)
    assert crediting.without_note(statement.period) == []
    with pytest.raises(ValidationError, match="has its credit note already"):
        _issue(credit)


@pytest.mark.parametrize("kind", ["charge", "correction"])
def test_only_a_credit_has_one(statement: Statement, kind: str) -> None:
    with pytest.raises(ValidationError, match="is no credit to a statement"):
        _issue(a_credit(statement.period, kind=kind))


def test_without_a_statement_there_is_nothing_to_correct(october: BillingPeriod) -> None:
    credit = a_credit(october)
    with pytest.raises(ValidationError, match="is no credit to a statement"):
        _issue(credit)


def test_it_is_recorded_with_its_adjustment(statement: Statement) -> None:
    note = _issue(a_credit(statement.period))
    event = Event.objects.get(verb="statement.issued", target_id=note.uid)
    assert event.detail["adjustment"] == note.adjustment
