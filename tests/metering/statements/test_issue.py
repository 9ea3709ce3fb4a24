"""A statement is issued once, numbered, chained to the one before it, and says everything in its own words."""

import hashlib
import json
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from audit import canonical, trail
from audit.models import Event
from metering import statements
from metering.models import BillingPeriod, Statement
from orgs.models import Organization
from tests.factories import OrganizationFactory, record_fixture
from tests.metering.closing.given import a_contract, period_of
from tests.metering.statements.given import ISSUED, LINES, Drafted, issued


def test_it_is_numbered_for_the_organization_and_the_period(statement: Statement) -> None:
    assert (statement.number, statement.sequence, statement.previous_sha256) == ("HALIDE-SONS-2026-10", 1, "")
    assert (statement.total, statement.currency) == (Decimal("12117.25"), "EUR")
    assert statement.uid.startswith("stm_")


def test_the_document_is_canonical_and_its_hash_is_of_its_bytes(statement: Statement) -> None:
    document = json.loads(statement.document)
    assert canonical.encode(document).decode() == statement.document
    assert hashlib.sha256(statement.document.encode()).hexdigest() == statement.sha256


def test_the_document_says_for_whom_when_and_on_which_terms(statement: Statement) -> None:
    document = json.loads(statement.document)
    assert document["customer"]["legal_name"] == "Halide & Sons Lda."
    assert document["period"] == {
        "label": "2026-10",
        "starts_at": "2026-09-30T23:00:00Z",
        "ends_at": "2026-11-01T00:00:00Z",
        "starts_local": "2026-10-01T00:00:00+01:00",
        "ends_local": "2026-11-01T00:00:00+00:00",
        "time_zone": "Europe/Lisbon",
    }
    assert document["terms"]["included_generations"] == 400_000
    assert (document["issued_at"], document["issued_by"]) == ("2026-11-09T12:00:30Z", "Axis Admin")
    assert document["checks"] == {"ledger": 1_102_118, "lines": 1_102_118, "late": 0}


def test_the_lines_stand_in_the_document_and_as_rows(statement: Statement) -> None:
    document = json.loads(statement.document)
    assert [line["amount"] for line in document["lines"]] == ["9829.65", "2356.00", "-68.40"]
    assert [line["unit_price"] for line in document["lines"]] == ["0.0140000000", "9.5000000000", None]
    rows = list(statement.lines.all())
    assert [row.position for row in rows] == [1, 2, 3]
    assert [(row.name, row.note, row.quantity, row.units, row.opens) for row in rows] == [
        (line.name, line.note, line.quantity, line.units, line.opens) for line in LINES
    ]
    assert sum(row.amount for row in rows) == statement.total == Decimal(document["total"])


def test_the_next_one_follows_it(statement: Statement, october: BillingPeriod) -> None:
    following = issued(period_of(october.contract, "2026-09"))
    assert (following.sequence, following.previous_sha256) == (2, statement.sha256)
    assert json.loads(following.document)["previous_sha256"] == statement.sha256


def test_another_organization_has_a_chain_of_its_own(statement: Statement) -> None:
    other = issued(period_of(a_contract(OrganizationFactory(slug="kestrel"))))
    assert (other.number, other.sequence, other.previous_sha256) == ("KESTREL-2026-10", 1, "")


def test_a_period_has_one_statement(statement: Statement, october: BillingPeriod) -> None:
    with pytest.raises(IntegrityError, match="one_statement_of_a_period"), transaction.atomic():
        statements.issue(period=october, draft=Drafted(), actor=trail.SYSTEM, now=ISSUED)
    assert Statement.objects.count() == 1


def test_a_number_that_another_organization_has_is_not_given_again(statement: Statement, halide: Organization) -> None:
    with transaction.atomic():
        record_fixture(halide.uid)
        Organization.objects.filter(pk=halide.pk).update(slug="halide-lda")
    second = issued(period_of(a_contract(OrganizationFactory(slug="halide-sons"))))
    assert second.number == "HALIDE-SONS-2026-10-2"


def test_a_credit_balance_is_carried(october: BillingPeriod) -> None:
    made = issued(october, lines=LINES[2:])
    assert made.total == Decimal("-68.40")


def test_it_is_recorded_with_its_hash(statement: Statement) -> None:
    event = Event.objects.get(verb="statement.issued")
    assert event.target_id == statement.uid
    assert (event.detail["sha256"], event.detail["total"]) == (statement.sha256, "€12,117.25")
    assert event.sentence == "Axis Admin issued HALIDE-SONS-2026-10 to Halide & Sons over €12,117.25"
