"""Made and destroyed as the owner, used as the application; a rolled-back test still meets what a commit would check."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from axis_admin.owner import as_owner

CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
FORGET_EVENT = "SELECT set_config('axis.audit_event', '', true)"
APPEND_ONLY = "audit_event"


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Created, migrated and destroyed as the owner of the tables."""
    with django_db_blocker.unblock(), as_owner():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock(), as_owner():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def commits_are_checked_in_rolled_back_tests() -> Iterator[None]:
    """Deferred triggers fire where the code under test would have committed, not at the test's roll-back."""
    original = transaction.Atomic.__exit__
    transaction.Atomic.__exit__ = _checking(original)  # type: ignore[method-assign]
    yield
    transaction.Atomic.__exit__ = original  # type: ignore[method-assign]


def _checking(original: Callable[..., Any]) -> Callable[..., Any]:
    def leave(self: transaction.Atomic, kind: Any, value: Any, trace: Any) -> Any:
        if kind is None and _is_outermost(self):
            try:
                with transaction.get_connection(self.using).cursor() as cursor:
                    cursor.execute(CHECK_NOW)
                    cursor.execute(FORGET_EVENT)
            except BaseException as error:
                original(self, type(error), error, error.__traceback__)
                raise
        return original(self, kind, value, trace)

    return leave


def _is_outermost(block: transaction.Atomic) -> bool:
    current = transaction.get_connection(block.using)
    blocks = current.atomic_blocks
    ours = [one for one in blocks if not one._from_testcase]
    return bool(blocks) and blocks[0]._from_testcase and ours == [blocks[-1]] and not current.needs_rollback


@pytest.fixture(scope="session", autouse=True)
def emptied_by_the_owner() -> Iterator[None]:
    """TransactionTestCase ends with TRUNCATE: the application may not, and the trail refuses even the owner."""
    original = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        with as_owner() as owner, owner.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")
            tables = _guarded_tables()
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            original(self)
            for table, triggers in tables.items():
                for name, mode in triggers.items():
                    cursor.execute(f"ALTER TABLE {table} ENABLE {mode} TRIGGER {name}")

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[method-assign]


def _guarded_tables() -> dict[str, dict[str, str]]:
    """Each table with a trigger that refuses TRUNCATE, and how each of its triggers is enabled."""
    modes = {"A": "ALWAYS", "O": "", "R": "REPLICA"}
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, quote_ident(tgname), tgenabled FROM pg_trigger t WHERE NOT tgisinternal"
            " AND tgenabled <> 'D' AND EXISTS (SELECT FROM pg_trigger o WHERE o.tgrelid = t.tgrelid AND o.tgtype & 32 <> 0)"
        )
        for table, name, mode in cursor.fetchall():
            found.setdefault(table, {})[name] = modes[mode]
    return found
