"""Abuse 30: no change to a guarded table commits without an event of its transaction that names the row."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit import guards, trail
from audit.verbs import Verb
from tests.audit.conftest import DANA, HALIDE, KESTREL, PROD

Shelf = Callable[..., list[Any]]
OTHER = trail.Target("key", "key_other", "another key")
UNAUDITED = pytest.raises(DatabaseError, match="without an audit event that names it")


def record(target: trail.Target = PROD, **told: Any) -> None:
    trail.record(Verb.KEY_EDITED, actor=DANA, target=target, **told)


@pytest.fixture
def row(shelf: Shelf) -> Shelf:
    """The shelf with one row on it, of key_prod and Halide."""
    with transaction.atomic():
        shelf("INSERT INTO shelf VALUES ('key_prod', 'org_halide', 'as it was', 0)")
        record(organization=HALIDE)
    return shelf


def test_a_change_with_its_event_commits(row: Shelf) -> None:
    with transaction.atomic():
        row("UPDATE shelf SET note = 'changed'")
        record()
    assert row("SELECT note FROM shelf") == [("changed",)]


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO shelf VALUES ('key_prod', 'org_halide', 'second', 0)",
        "UPDATE shelf SET note = 'changed'",
        "DELETE FROM shelf",
        "UPDATE shelf SET note = note",
    ],
)
def test_a_forgotten_event_refuses_the_commit(row: Shelf, change: str) -> None:
    with UNAUDITED as refused, transaction.atomic():
        row(change)
    assert refused.value.__cause__.sqlstate == "AX002"  # type: ignore[union-attr]
    assert refused.value.__cause__.diag.table_name == "shelf"  # type: ignore[union-attr]
    assert row("SELECT note FROM shelf") == [("as it was",)]


def test_the_event_may_come_before_the_change(row: Shelf) -> None:
    with transaction.atomic():
        record()
        row("UPDATE shelf SET note = 'changed'")


def test_an_event_about_another_object_does_not_do(row: Shelf) -> None:
    with UNAUDITED, transaction.atomic():
        row("UPDATE shelf SET note = 'changed'")
        record(OTHER)


@pytest.mark.parametrize("told", [{"organization": HALIDE}, {"further": [PROD]}])
def test_naming_the_organization_or_a_further_target_does(row: Shelf, told: dict[str, Any]) -> None:
    with transaction.atomic():
        row("UPDATE shelf SET note = 'changed'")
        record(OTHER, **told)


def test_an_event_that_was_rolled_back_does_not_do(row: Shelf) -> None:
    with UNAUDITED, transaction.atomic():
        row("UPDATE shelf SET note = 'changed'")
        with transaction.atomic():
            record()
            transaction.set_rollback(True)


def test_an_event_in_a_nested_block_does(row: Shelf) -> None:
    with transaction.atomic():
        with transaction.atomic():
            row("UPDATE shelf SET note = 'changed'")
        with transaction.atomic(), transaction.atomic():
            record()


def test_a_change_in_a_nested_block_is_seen(row: Shelf) -> None:
    with UNAUDITED, transaction.atomic(), transaction.atomic():
        row("UPDATE shelf SET note = 'changed'")


@pytest.mark.parametrize("outcome", ["denied", "failed"])
def test_an_event_of_a_refusal_does_not_do(row: Shelf, outcome: str) -> None:
    with UNAUDITED, transaction.atomic():
        row("UPDATE shelf SET note = 'changed'")
        record(outcome=outcome)


def test_one_unnamed_row_among_many_refuses_them_all(row: Shelf) -> None:
    with UNAUDITED, transaction.atomic():
        row("INSERT INTO shelf SELECT 'key_prod', 'org_halide', n::text, 0 FROM generate_series(1, 50) AS n")
        row("INSERT INTO shelf VALUES ('key_stray', 'org_stray', '', 0)")
        record(organization=HALIDE)
    assert row("SELECT count(*) FROM shelf") == [(1,)]


def test_one_event_covers_many_rows_that_it_names(row: Shelf) -> None:
    keys = [trail.Target("key", f"key_{n}", str(n)) for n in range(50)]
    with transaction.atomic():
        row("INSERT INTO shelf SELECT 'key_' || n, NULL, '', 0 FROM generate_series(0, 49) AS n")
        record(OTHER, further=keys)
    assert row("SELECT count(*) FROM shelf") == [(51,)]


def test_many_events_cover_a_row_each(row: Shelf) -> None:
    with transaction.atomic():
        for target in (PROD, OTHER):
            row("INSERT INTO shelf VALUES (%s, NULL, '', 0)", target.id)
            record(target)


def test_handing_a_row_over_is_named_on_both_sides(row: Shelf) -> None:
    change = "UPDATE shelf SET uid = 'key_other', owner = 'org_kestrel'"
    for named in ({"target": OTHER, "organization": KESTREL}, {"target": PROD, "organization": HALIDE}):
        with UNAUDITED, transaction.atomic():
            row(change)
            record(**named)
    with transaction.atomic():
        row(change)
        record(PROD, further=[OTHER])


def test_columns_that_are_not_guarded_change_freely(row: Shelf) -> None:
    with transaction.atomic():
        row("UPDATE shelf SET seen = 1")
    assert row("SELECT seen FROM shelf") == [(1,)]


def test_a_row_that_names_nothing_cannot_be_covered(row: Shelf) -> None:
    with UNAUDITED, transaction.atomic():
        row("INSERT INTO shelf VALUES (NULL, NULL, '', 0)")
        record()


@pytest.mark.django_db(transaction=True)
def test_the_id_of_an_earlier_event_opens_nothing(row: Shelf) -> None:
    with transaction.atomic():
        earlier = trail.record(Verb.KEY_EDITED, actor=DANA, target=PROD)
    with UNAUDITED, transaction.atomic():
        row("UPDATE shelf SET note = 'changed'")
        row("SELECT set_config('axis.audit_event', %s, true)", str(earlier.id))


@pytest.mark.django_db(transaction=True)
def test_an_event_of_one_transaction_is_forgotten_in_the_next(row: Shelf) -> None:
    with transaction.atomic():
        record()
    assert row("SELECT coalesce(current_setting('axis.audit_event', true), '')") == [("",)]
    with UNAUDITED, transaction.atomic():
        row("UPDATE shelf SET note = 'changed'")


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_every_statement_is_its_own(row: Shelf) -> None:
    with UNAUDITED:
        row("UPDATE shelf SET note = 'changed'")


def test_the_guard_can_be_taken_back_by_its_migration(shelf: Shelf) -> None:
    shelf(guards.protect("shelf", "SELECT $1->>'uid'").reverse_sql)
    with transaction.atomic():
        shelf("INSERT INTO shelf VALUES ('key_prod', NULL, '', 0)")


def test_what_the_product_must_guard_is_guarded(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'audit_guard()'::regprocedure"
            " AND tgdeferrable AND tginitdeferred AND tgenabled = 'A'"
        )
        guarded = {row[0] for row in cursor.fetchall()}
    assert guarded >= {
        "orgs_organization", "orgs_contact", "orgs_roleassignment", "keys_apikey", "keys_keysecret",
        "keys_gatewaycredential", "keys_gatewaysecret", "keys_limitrule", "metering_contract",
    }  # fmt: skip


def test_each_of_many_events_opens_its_own_rows(shelf: Shelf) -> None:
    with transaction.atomic():
        shelf("INSERT INTO shelf VALUES ('key_prod', '', 'one', 0), ('key_other', '', 'two', 0)")
        trail.record_many([trail.Happened(Verb.KEY_EDITED, one) for one in (PROD, OTHER)], actor=DANA)
    with UNAUDITED, transaction.atomic():
        shelf("UPDATE shelf SET note = 'changed'")
        trail.record_many([trail.Happened(Verb.KEY_EDITED, OTHER)], actor=DANA)
    assert shelf("SELECT note FROM shelf ORDER BY uid") == [("two",), ("one",)]
