"""A database for each worker, copied from one migrated template. Owned by the owner, used as the application."""

import fcntl
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from psycopg import sql
from pytest_django import DjangoDbBlocker

from axis_admin import embedded
from axis_admin.owner import as_owner
from keys import known, tail
from orgs import changes

TEMPLATE = "axis_test_template"
DAY_OF_TESTS = date(2026, 11, 22)
MONTHS_OF_TESTS = [date(2026, month, 1) for month in range(9, 13)] + [date(2027, 1, 1)]
CHECK_NOW = ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")
FORGET_EVENT = "SELECT set_config('axis.audit_event', '', true)"


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Migrated once for all workers; each works in a copy."""
    name = f"axis_test_{getattr(request.config, 'workerinput', {}).get('workerid', 'alone')}"
    with django_db_blocker.unblock():
        _make_template()
        _use(name)
        _copy_template(name)
    yield
    with django_db_blocker.unblock():
        connections.close_all()


def _make_template() -> None:
    with (settings.AXIS_VAR / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _admin() as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
                return
            names = map(sql.Identifier, (TEMPLATE, embedded.OWNER))
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
        try:
            _use(TEMPLATE)
            call_command("migrate", verbosity=0, interactive=False)
            _make_months_of_tests()
        except BaseException:
            _drop(TEMPLATE)
            raise
        finally:
            connections.close_all()


def _make_months_of_tests() -> None:
    """The ledger's months around the day that tests name; it has those around the present one, whenever that is."""
    ensure = "metering_ensure_month"
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [ensure])
        definition = str(cursor.fetchone()[0]).replace(f"public.{ensure}", f"pg_temp.{ensure}")
        cursor.execute(definition.replace("now()", f"'{DAY_OF_TESTS}Z'::timestamptz"))
        cursor.execute(f"SELECT pg_temp.{ensure}(day) FROM unnest(%s::date[]) AS day", [MONTHS_OF_TESTS])


def _use(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name


def _copy_template(name: str) -> None:
    _drop(name)
    with _admin() as admin:
        names = map(sql.Identifier, (name, TEMPLATE, embedded.OWNER))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*names))


def _drop(name: str) -> None:
    with _admin() as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _admin() -> psycopg.Connection:
    host = str(embedded.run_dir(settings.AXIS_VAR))
    # As the superuser, who alone may turn out a vacuum that is at work in a database that is to be dropped.
    return psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True)


@pytest.fixture(scope="session", autouse=True)
def committed_tests_end_in_a_fresh_copy() -> Iterator[None]:
    """What a test committed goes with its database: the trail refuses TRUNCATE, and rows from migrations come back."""

    def teardown(self: TransactionTestCase) -> None:
        connections.close_all()
        _copy_template(connection.settings_dict["NAME"])

    original = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[method-assign]


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
                _check_as_commit_would(self.using)
            except BaseException as error:
                original(self, type(error), error, error.__traceback__)
                raise
            original(self, kind, value, trace)
            _tell_as_after_a_commit(self.using)
            return None
        return original(self, kind, value, trace)

    return leave


def _check_as_commit_would(alias: str | None) -> None:
    with transaction.get_connection(alias).cursor() as cursor:
        for statement in (*CHECK_NOW, FORGET_EVENT):
            cursor.execute(statement)


def _tell_as_after_a_commit(alias: str | None) -> None:
    current = transaction.get_connection(alias)
    waiting = [entry for entry in current.run_on_commit if getattr(entry[1], "func", None) is changes.tell]
    current.run_on_commit = [entry for entry in current.run_on_commit if entry not in waiting]
    for _, tell, _ in waiting:
        tell()


def _is_outermost(block: transaction.Atomic) -> bool:
    current = transaction.get_connection(block.using)
    blocks = current.atomic_blocks
    own = [one for one in blocks if not one._from_testcase]
    return bool(blocks) and blocks[0]._from_testcase and own == [blocks[-1]] and not current.needs_rollback


@pytest.fixture(autouse=True)
def nothing_is_remembered_from_another_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """And no thread reads the feed: another connection does not see what a test will roll back."""
    known.process.start_over()
    monkeypatch.setattr(tail.Tail, "ensure", lambda self: None)
    monkeypatch.setattr(tail.Tail, "is_fresh", True)
    yield
    known.process.start_over()
