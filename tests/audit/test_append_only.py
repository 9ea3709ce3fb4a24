"""Abuse 29: nobody changes, removes or empties the trail; neither the application nor the owner of the table."""

from collections.abc import Callable, Iterator

import pytest
from django.db import Error, connection, transaction

from audit.models import Event
from axis_admin.owner import as_owner
from tests.audit.conftest import DANA, PROD

Happened = Callable[..., Event]
CHANGES = {
    "update": "UPDATE audit_event SET sentence = 'something else'",
    "update of nothing": "UPDATE audit_event SET reason = reason",
    "delete": "DELETE FROM audit_event",
    "truncate": "TRUNCATE audit_event",
    "merge": "MERGE INTO audit_event USING (SELECT 1) AS one ON true WHEN MATCHED THEN UPDATE SET reason = 'x'",
}
EVERY_CHANGE = pytest.mark.parametrize("change", CHANGES)


def _run(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def written() -> Iterator[Event]:
    """One event that is committed, so that other logins see it."""
    from audit import trail
    from audit.verbs import Verb

    with transaction.atomic():
        event = trail.record(Verb.KEY_EDITED, actor=DANA, target=PROD)
    yield event
    assert Event.objects.get(pk=event.pk).is_sound


@EVERY_CHANGE
def test_the_application_has_no_right_to(happened: Happened, change: str) -> None:
    happened()
    with pytest.raises(Error, match="permission denied"), transaction.atomic():
        _run(CHANGES[change])


def test_the_application_has_the_right_to_read_and_to_add_alone(db: None) -> None:
    rights = _run(
        "SELECT array_agg(privilege_type::text ORDER BY 1) FROM pg_class, aclexplode(relacl) AS acl"
        " WHERE pg_class.oid = 'audit_event'::regclass AND acl.grantee = current_user::regrole"
    )
    assert rights == [(["INSERT", "SELECT"],)]


@pytest.mark.parametrize(
    "evasion",
    [
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TABLE audit_event",
        "DROP TRIGGER audit_no_change ON audit_event",
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE OR REPLACE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_cannot_take_the_locks_off(db: None, evasion: str) -> None:
    with pytest.raises(Error, match=r"must be owner|permission denied"), transaction.atomic():
        _run(evasion)


@pytest.mark.django_db(transaction=True)
@EVERY_CHANGE
def test_the_owner_is_refused_by_the_table_itself(written: Event, change: str) -> None:
    with as_owner(), pytest.raises(Error, match="append-only") as refused:
        _run(CHANGES[change])
    assert refused.value.__cause__.sqlstate == "AX001"  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_the_refusals_hold_for_replication_too(written: Event) -> None:
    modes = _run(
        "SELECT tgname::text, tgenabled::text FROM pg_trigger"
        " WHERE tgrelid = 'audit_event'::regclass AND NOT tgisinternal"
    )
    assert dict(modes) == {"audit_no_change": "A", "audit_no_truncate": "A"}  # type: ignore[arg-type]


def test_the_model_saves_nothing_twice(happened: Happened) -> None:
    event = happened()
    event.reason = "another"
    with pytest.raises(Error, match="permission denied"), transaction.atomic():
        event.save()
