"""What was issued is not changed, removed or added to: neither by the application, nor by the tables' owner."""

import pytest
from django.db import DatabaseError, connection, transaction

from axis_admin.owner import as_owner
from metering.models import Statement, StatementLine
from tests.factories import record_fixture

CHANGES = ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
TABLES = ["metering_statement", "metering_statementline"]


def _run(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to(statement: Statement, table: str, change: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        _run(change.format(table))


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_refused_by_the_tables_themselves(statement: Statement) -> None:
    with as_owner():
        for table in TABLES:
            for change in CHANGES:
                with pytest.raises(DatabaseError, match="a statement never changes") as refused:
                    _run(change.format(table))
                assert refused.value.__cause__.sqlstate == "AX013"  # type: ignore[union-attr]
    assert Statement.objects.get().sha256 == statement.sha256
    assert StatementLine.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_line_added_later_is_refused(statement: Statement) -> None:
    with pytest.raises(DatabaseError, match="gets no lines after it was issued"), transaction.atomic():
        StatementLine.objects.create(statement=statement, position=9, kind="charge", name="One more", amount=1)


@pytest.mark.parametrize(
    "odd",
    [
        {"sequence": 3},
        {"previous_sha256": "ab" * 32},
        {"previous_sha256": ""},
        {"sha256": "cd" * 32},
    ],
)
def test_what_does_not_join_the_chain_is_refused(statement: Statement, odd: dict[str, object]) -> None:
    said = {
        "uid": "stm_other",
        "organization": statement.organization,
        "period": None,
        "kind": "credit_note",
        "refers_to": statement,
        "adjustment": "ADJ-1",
        "sequence": 2,
        "number": "HALIDE-SONS-2026-10-CN1",
        "issued_at": statement.issued_at,
        "currency": "EUR",
        "total": 0,
        "document": statement.document,
        "sha256": statement.sha256,
        "previous_sha256": statement.sha256,
    }
    record_fixture(statement.organization.uid)
    with pytest.raises(DatabaseError, match="does not join the chain"), transaction.atomic():
        Statement.objects.create(**{**said, **odd})


def test_one_without_its_event_is_refused(statement: Statement) -> None:
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        Statement.objects.create(
            organization=statement.organization,
            kind="credit_note",
            refers_to=statement,
            adjustment="ADJ-1",
            sequence=2,
            number="X",
            issued_at=statement.issued_at,
            currency="EUR",
            total=0,
            document=statement.document,
            sha256=statement.sha256,
            previous_sha256=statement.sha256,
        )
