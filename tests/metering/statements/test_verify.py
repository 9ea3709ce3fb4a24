"""Whoever switches the triggers off is found out: `verify_statements` names each broken document."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from axis_admin.owner import as_owner
from metering import verification
from metering.models import BillingPeriod, Statement
from tests.metering.closing.given import period_of
from tests.metering.statements.given import issued

TABLES = ("metering_statement", "metering_statementline")
DOCUMENT = "replace(document, '9829.65', '9829.66')"
LINE = "statement_id = (SELECT min(id) FROM metering_statement)"
# What somebody does, and what is found.
CHANGES = [
    (f"UPDATE metering_statement SET document = {DOCUMENT} WHERE sequence = 1", "bytes are not those"),
    ("UPDATE metering_statement SET total = total + 1 WHERE sequence = 1", "otherwise of total"),
    ("UPDATE metering_statement SET number = 'X' WHERE sequence = 1", "otherwise of number"),
    (f"UPDATE metering_statementline SET amount = amount + 1 WHERE {LINE}", "lines as rows"),
    (f"UPDATE metering_statementline SET opens = NULL WHERE position = 1 AND {LINE}", "lines as rows"),
    (f"DELETE FROM metering_statementline WHERE position = 2 AND {LINE}", "lines as rows"),
    ("UPDATE metering_statement SET document = document || ' ' WHERE sequence = 1", "not written canonically"),
    ("UPDATE metering_statement SET document = 'nothing' WHERE sequence = 1", "not JSON"),
    ("UPDATE metering_statement SET document = '{}' WHERE sequence = 1", "the document lacks something"),
]
# With its hash made anew, only what follows and what it says itself are left to tell.
REHASHED = (
    f"UPDATE metering_statement SET document = {DOCUMENT},"
    f" sha256 = encode(sha256(convert_to({DOCUMENT}, 'UTF8')), 'hex') WHERE sequence = 1"
)


@contextmanager
def _tampered(*changes: str) -> Iterator[list[verification.Broken]]:
    """What is found after somebody with the owner's login has changed what was issued; undone at the end."""
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for change in changes:
            cursor.execute(change)
        yield verification.verify()[1]
        transaction.set_rollback(True)


@pytest.fixture
def two(october: BillingPeriod) -> list[Statement]:
    return [issued(period_of(october.contract, "2026-09")), issued(october)]


@pytest.mark.django_db(transaction=True)
def test_each_change_is_named(two: list[Statement]) -> None:
    assert verification.verify() == (2, [])
    for change, found in CHANGES:
        with _tampered(change) as broken:
            assert any(found in one.what for one in broken), (change, broken)
            assert {one.number for one in broken} <= {two[0].number, "X"}
    with _tampered(REHASHED) as broken:
        assert {(one.number, one.what) for one in broken} == {
            (two[0].number, "its lines do not add up to its total"),
            (two[0].number, "its lines as rows are not those of the document"),
            (two[1].number, "it does not follow the document before it"),
        }


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_out_is_named(two: list[Statement]) -> None:
    gone = [f"DELETE FROM metering_statementline WHERE {LINE}", "DELETE FROM metering_statement WHERE sequence = 1"]
    with _tampered(*gone) as broken:
        assert {(one.number, one.what) for one in broken} == {
            (two[1].number, "number 2 of its organization stands where 1 belongs"),
            (two[1].number, "it does not follow the document before it"),
            ("2026-09", "is final and has no statement"),
        }
    # The last of a chain leaves no gap behind, but a period.
    with _tampered(*(one.replace("min(id)", "max(id)").replace("= 1", "= 2") for one in gone)) as broken:
        assert [(one.number, one.what) for one in broken] == [("2026-10", "is final and has no statement")]


def test_the_command_says_that_all_is_well(statement: Statement) -> None:
    out = StringIO()
    call_command("verify_statements", stdout=out)
    assert out.getvalue() == "1 document is as it was issued.\n"


def test_the_command_names_what_is_broken(statement: Statement, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metering.statements.hashed", lambda document: "0" * 64)
    errors = StringIO()
    with pytest.raises(CommandError, match="1 of 1 documents is broken"):
        call_command("verify_statements", stdout=StringIO(), stderr=errors)
    assert errors.getvalue().startswith(f"{statement.number} ({statement.organization.uid}): its bytes are not those")
