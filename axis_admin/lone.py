"""A command beside `up` uses its stores; a command alone starts them, migrates if needed, and stops them."""

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import django
from django.conf import settings
from django.core.management import call_command

from axis_admin import embedded, processes

WITHOUT_STORES = {
    "", "up", "help", "version", "check", "diffsettings", "collectstatic", "findstatic",
    "makemessages", "compilemessages", "startapp", "startproject",
}  # fmt: skip
WITHOUT_MIGRATING = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "squashmigrations", "dbshell"}
PATIENCE_SECONDS = 30
PREPARING = "preparing.lock"


@contextmanager
def stores_for(arguments: Sequence[str]) -> Iterator[None]:
    """Inside, the stores that this command needs accept connections."""
    name = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    if name in WITHOUT_STORES or {"-h", "--help"} & set(arguments) or not settings.EMBEDDED:
        yield
        return
    try:
        with attached(settings.AXIS_VAR, migrated=name not in WITHOUT_MIGRATING):
            yield
    except embedded.StoresError as error:
        sys.exit(f"Error: {error}")


@contextmanager
def attached(var: Path, *, migrated: bool) -> Iterator[None]:
    """Stores of this folder: those that run, or else one's own, stopped when the last command beside it has ended."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "commands.lock").open("a") as users, (var / PREPARING).open("a") as gate:
        stores = _running_or_started(var, users, gate)
        if stores is None:
            # Whoever started the stores may still be at the migrations.
            _wait_for(gate)
            processes.unlock(gate)
            yield
            return
        signal.signal(signal.SIGTERM, _leave)
        try:
            if migrated:
                _migrate()
            processes.unlock(gate)
            yield
        finally:
            _outlast(users)
            stores.stop()


@contextmanager
def preparing(var: Path) -> Iterator[None]:
    """Inside, commands that find the stores running wait until they are ready for use."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / PREPARING).open("a") as gate:
        _wait_for(gate)
        yield


def _wait_for(gate: IO[str]) -> None:
    while not processes.try_lock(gate):
        time.sleep(0.05)


def _running_or_started(var: Path, users: IO[str], gate: IO[str]) -> embedded.Stores | None:
    stores = embedded.Stores.from_settings(var)
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        # Locked before looking: whoever runs the stores for a command alone waits for this lock before stopping them.
        if processes.try_lock(users, shared=True):
            if embedded.running(var):
                return None
            # Taken before they run, so that nobody finds them running and not yet migrated.
            if processes.try_lock(gate):
                try:
                    stores.start()
                except embedded.Claimed:
                    processes.unlock(gate)
                    if time.monotonic() > end:
                        raise
                else:
                    return stores
            processes.unlock(users)
        time.sleep(0.05)


def _outlast(users: IO[str]) -> None:
    _wait_for(users)


def _migrate() -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def _leave(number: int, frame: object) -> None:
    sys.exit(128 + number)
