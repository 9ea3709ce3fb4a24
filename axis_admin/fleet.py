"""The programs that `up` runs besides the stores, and the order in which they stop."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from axis_admin import children, embedded, processes

# One works while the others wait for a store, or for the intake server: more of them than batches are handed over.
GATEWAY_THREADS = 8
# A batch keeps its own for as long as it takes.
INTAKE_THREADS = 4
CELERY_CONCURRENCY = 2


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Fleet:
    """Staff site, gateway, metrics, intake, worker and beat."""

    def __init__(self, var: Path) -> None:
        self.var = var
        metrics = settings.METRICS_DIR
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        gateway = {
            "AXIS_SURFACE": "gateway",
            "AXIS_INTAKE_SOCKET": str(embedded.intake_socket(var)),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        }
        self.web = [
            self._child("staff", _pages(settings.PORT), AXIS_SURFACE="staff"),
            self._child("gateway", _granian(settings.GATEWAY_PORT, workers=cores()), **gateway),
            self._child("metrics", ["axis_admin.metrics"], PROMETHEUS_MULTIPROC_DIR=str(metrics)),
        ]
        self.intake = [self._child("intake", ["axis_admin.intake"], **gateway)]
        beat = ["beat", "--schedule", str(var / "beat-schedule"), "--pidfile", ""]
        self.beat = [self._child("beat", _celery(beat))]
        worker = ["worker", "--concurrency", str(CELERY_CONCURRENCY), "--without-gossip", "--without-mingle"]
        self.worker = [self._child("worker", _celery(worker))]

    @property
    def all(self) -> list[children.Child]:
        return [*self.web, *self.intake, *self.worker, *self.beat]

    def start(self) -> None:
        for child in self.all:
            child.start()

    def stop(self) -> None:
        """Nobody asks any more, nothing new is due, and what was begun is finished."""
        children.stop_in_order([self.web, [*self.intake, *self.beat], self.worker])

    def _child(self, name: str, module: Sequence[str], **environ: str) -> children.Child:
        log = self.var / f"{name}.log"
        log.unlink(missing_ok=True)
        return children.Child(
            name,
            [sys.executable, "-m", *module],
            environ={**os.environ, "AXIS_VAR": str(self.var), "PYTHONUNBUFFERED": "1", **environ},
            log=log,
        )


def ports() -> dict[str, int]:
    """The ports of the fleet by the variable that chooses them."""
    return {"PORT": settings.PORT, "GATEWAY_PORT": settings.GATEWAY_PORT, "METRICS_PORT": settings.METRICS_PORT}


def port_trouble() -> str | None:
    """One line about the first port that cannot be used, or None."""
    taken: dict[int, str] = {}
    for variable, port in ports().items():
        if port in taken:
            return f"{variable} and {taken[port]} are both {port}: choose different ports."
        if not processes.port_is_free(port):
            return f"Port {port} is in use: choose another, for example `make run {variable}={port + 100}`."
        taken[port] = variable
    return None


def _granian(port: int, *, workers: int) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port)]
    return _served(*where, workers=workers, threads=GATEWAY_THREADS, target="axis_admin.wsgi:application")


def intake(socket: Path, *, workers: int) -> list[str]:
    """Return the module and the arguments that serve batches on this socket."""
    where = ["--uds", str(socket), "--uds-permissions", "0600"]
    # What a process cannot take up at once waits for whichever has time first.
    where += ["--backpressure", str(INTAKE_THREADS)]
    return _served(*where, workers=workers, threads=INTAKE_THREADS, target="axis_admin.intake.wsgi:application")


def _served(*where: str, workers: int, threads: int, target: str) -> list[str]:
    return [
        "granian", "--interface", "wsgi", *where, "--workers", str(workers), "--blocking-threads",
        str(threads), "--respawn-failed-workers", "--workers-kill-timeout", "10", "--no-ws", target,
    ]  # fmt: skip


def _pages(port: int) -> list[str]:
    # Bodies are read before a thread is asked; see doorstep.py.
    return [
        "granian", "--interface", "asginl", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--respawn-failed-workers", "--workers-kill-timeout", "10", "--no-ws", "axis_admin.asgi:application",
    ]  # fmt: skip


def _celery(arguments: Sequence[str]) -> list[str]:
    return ["celery", "--app", "axis_admin", *arguments, "--loglevel", "INFO"]
