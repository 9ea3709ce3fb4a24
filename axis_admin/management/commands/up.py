"""Run everything on this machine: stores, migrations, demo data on the first run, then all programs, until stopped."""

import contextlib
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from axis_admin import demo, embedded, fleet, lone, processes
from axis_admin.intake import connection

READY_SECONDS = 90.0
TICK_SECONDS = 0.2
# A manage.py command that brought its own stores is waited for this long.
PATIENCE_SECONDS = 10.0


class Stopped(BaseException):
    """Somebody asked for the end."""


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []
    stores: embedded.Stores
    fleet: "fleet.Fleet | None" = None
    asked_to_stop = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="no demo data and no demo credentials")
        parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this ends")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("`up` runs the embedded stores: unset DATABASE_URL.")
        if options["with_parent"]:
            processes.end_with_parent(signal.SIGTERM)()
        self.stores = embedded.Stores.from_settings(settings.AXIS_VAR)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._stop)
        try:
            self._run(with_demo=not options["no_demo"])
        except Stopped:
            self.say("Stopping.")
        except Exception as error:
            # Whatever a signal broke off on its way out, a statement or a store's start, was asked for.
            if self.asked_to_stop:
                self.say("Stopping.")
            elif isinstance(error, embedded.StoresError):
                raise CommandError(str(error)) from None
            else:
                raise
        finally:
            self._end()

    def _run(self, *, with_demo: bool) -> None:
        self.stores.claim(embedded.UP, patience=PATIENCE_SECONDS)
        trouble = fleet.port_trouble()
        if trouble:
            raise CommandError(trouble)
        self.say(f"Starting PostgreSQL and Valkey in {settings.AXIS_VAR}")
        with lone.preparing(settings.AXIS_VAR):
            self.stores.start()
            call_command("migrate", verbosity=0, interactive=False)
        access = self._demo() if with_demo else None
        connections.close_all()
        self._go_on()
        self.fleet = fleet.Fleet(settings.AXIS_VAR)
        self.fleet.start()
        self._await_ready()
        self.say(demo.banner(access))
        while True:
            self._tend()

    def _demo(self) -> "demo.Access":
        if demo.is_empty():
            self.say("Making demo data, once")
            call_command("seed_demo", stdout=self.stderr)
        return demo.renew()

    def _await_ready(self) -> None:
        end = time.monotonic() + READY_SECONDS
        intake = str(embedded.intake_socket(settings.AXIS_VAR))
        questions: dict[str, Callable[[], bool]] = {
            "staff": lambda: _is_ready(settings.PORT),
            "gateway": lambda: _is_ready(settings.GATEWAY_PORT),
            "intake": lambda: connection.is_ready(intake),
        }
        for name, is_ready in questions.items():
            while not is_ready():
                if time.monotonic() > end:
                    lines = processes.last_lines(settings.AXIS_VAR / f"{name}.log")
                    raise CommandError(f"{name} was not ready within {READY_SECONDS:g} s. Its last lines:\n{lines}")
                self._tend()

    def _tend(self) -> None:
        self._go_on()
        report = self.stores.dead()
        if report:
            raise CommandError(f"Stopped, because {report}")
        for child in self.fleet.all if self.fleet else ():
            child.tend(self.say)
        time.sleep(TICK_SECONDS)

    def _end(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if self.fleet:
            self.fleet.stop()
        self.stores.stop()

    def _stop(self, number: int, frame: object) -> None:
        asked, self.asked_to_stop = self.asked_to_stop, True
        if not asked:
            raise Stopped

    def _go_on(self) -> None:
        # Python drops what a signal raises while an object is being finalised: so it is asked again.
        if self.asked_to_stop:
            raise Stopped

    def say(self, text: str) -> None:
        # Whoever read this may be gone; the programs still have to be stopped in order.
        with contextlib.suppress(OSError):
            self.stdout.write(text)
            self.stdout.flush()


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
