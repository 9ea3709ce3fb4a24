"""Two logins: the owner makes the tables, the application works in them."""

import pytest
from django.db import ProgrammingError, connection, transaction

from axis_admin.owner import as_owner


def _one(statement: str) -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_the_suite_runs_as_the_application(db: None) -> None:
    assert _one("SELECT current_user, session_user") == ("axis_app", "axis_app")


def test_the_application_reads_and_writes_the_owners_tables(db: None) -> None:
    owner, *rights = _one(
        "SELECT tableowner, has_table_privilege(current_user, 'django_session', 'SELECT'),"
        " has_table_privilege(current_user, 'django_session', 'DELETE') FROM pg_tables"
        " WHERE tablename = 'django_session'"
    )
    assert (owner, rights) == ("axis_owner", [True, True])


def test_the_application_may_not_change_a_table(db: None) -> None:
    with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic():
        _one("ALTER TABLE django_session ADD COLUMN note text")


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_logged_in_for_its_duration_only() -> None:
    with as_owner():
        assert _one("SELECT current_user") == ("axis_owner",)
    assert _one("SELECT current_user") == ("axis_app",)


def test_extensions_are_there_from_the_first_migration_on(db: None) -> None:
    assert _one("SELECT count(*) FROM pg_extension WHERE extname IN ('btree_gist', 'pg_trgm')") == (2,)
