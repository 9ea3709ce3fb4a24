"""A stack of the benches' own: the stores as `make run` has them, in a folder of their own, and servers beside them."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from psycopg.conninfo import make_conninfo

from bench import cpu

ROOT = Path(__file__).resolve().parent.parent
BLOCKING_THREADS = 8
START_SECONDS = 60.0
STOP_SECONDS = 15.0
# What somebody chose for their own installation is not for this one.
_THEIRS = re.compile(
    r"AXIS_(?!POSTGRES_BIN|VALKEY_SERVER)|DJANGO_|PROMETHEUS_|(GATEWAY_|METRICS_|)PORT$|DEBUG$|DATABASE_|VALKEY_|CELERY_"
    r"|SECRET_KEY$|FIELD_KEYS$|AUDIT_SIGNING_KEYS$"
)


class StackError(Exception):
    """The stack cannot be started; the message is for a person."""


@contextlib.contextmanager
def stores(cores: cpu.Cores, *, surface: str = "all") -> Iterator[Path]:
    """Inside, PostgreSQL and Valkey run on their cores, migrated, and Django is set up for them; gone afterwards.

    As which surface, where it is one that is measured in this process.

    Yields their folder, which lies beside the one of `make run`: on the same disk, with the same cost of a commit.
    """
    (ROOT / "var").mkdir(exist_ok=True)
    var = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "var"))
    _own_environment(var)
    os.environ["AXIS_SURFACE"] = surface
    # Importing it reads the settings, and they the environment.
    from axis_admin import lone

    try:
        with cpu.pinned(cores.stores), lone.attached(var, migrated=True):
            yield var
    finally:
        shutil.rmtree(var, ignore_errors=True)


def _own_environment(var: Path) -> None:
    for name in [name for name in os.environ if _THEIRS.match(name)]:
        del os.environ[name]
    os.environ.update(AXIS_VAR=str(var), DJANGO_SETTINGS_MODULE="axis_admin.settings")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def granian(target: str, *, port: int, workers: int) -> list[str]:
    """Return the command that serves a WSGI callable as `make run` serves the gateway."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(BLOCKING_THREADS), "--respawn-failed-workers",
        "--workers-kill-timeout", "10", "--no-ws", target,
    ]  # fmt: skip


class Program:
    """One program in the background, in a process group of its own, and those that it needs beside it."""

    def __init__(
        self, name: str, *, var: Path, environ: Mapping[str, str] | None = None, beside: Sequence["Program"] = ()
    ) -> None:
        self.name = name
        self._beside = beside
        self._environ = {**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})}
        self._log = var / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pids(self) -> list[int]:
        """The process ids of it and of those beside it, without their children."""
        assert self._process is not None
        return [self._process.pid, *(pid for program in self._beside for pid in program.pids)]

    @contextlib.contextmanager
    def running(self, cores: frozenset[int]) -> Iterator[Self]:
        """Inside, it answers, and runs on these cores."""
        with contextlib.ExitStack() as others:
            for program in self._beside:
                others.enter_context(program.running(cores))
            with self._log.open("wb") as log, cpu.pinned(cores):
                self._process = self._start(log)
            try:
                self._await_answer(self._process)
                yield self
            finally:
                self._stop(self._process)

    def command(self) -> Sequence[str]:
        """Return what is started; asked once each time."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it answers already."""
        raise NotImplementedError

    def _start(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        from axis_admin import processes

        return subprocess.Popen(
            self.command(),
            cwd=ROOT,
            env=self._environ,
            stdout=log,
            stderr=log,
            process_group=0,
            preexec_fn=processes.end_with_parent(signal.SIGTERM),
        )

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            if process.poll() is not None or time.monotonic() > end:
                raise StackError(f"{self.name} did not start:\n{self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Server(Program):
    """One granian on a free port."""

    def __init__(
        self,
        name: str,
        target: str,
        *,
        var: Path,
        workers: int = 1,
        environ: Mapping[str, str] | None = None,
        beside: Sequence[Program] = (),
    ) -> None:
        super().__init__(name, var=var, environ=environ, beside=beside)
        self.port = 0
        self.workers = workers
        self._target = target

    def command(self) -> Sequence[str]:
        self.port = free_port()
        return granian(self._target, port=self.port, workers=self.workers)

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


class Intake(Program):
    """The server that batches are handed to, as `make run` has it."""

    def __init__(self, var: Path, *, environ: Mapping[str, str]) -> None:
        super().__init__("intake", var=var, environ=environ)
        self._socket = environ["AXIS_INTAKE_SOCKET"]

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "axis_admin.intake"]

    def answers(self) -> bool:
        from axis_admin.intake import connection

        return connection.is_ready(self._socket)


def gateway(var: Path, *, workers: int = 1, name: str = "gateway", **environ: str) -> Server:
    """Return the gateway's surface with its metrics, as `make run` serves it; batches it judges itself."""
    metrics = var / "metrics"
    metrics.mkdir(exist_ok=True)
    environ = {"AXIS_SURFACE": "gateway", "PROMETHEUS_MULTIPROC_DIR": str(metrics), **environ}
    beside = [Intake(var, environ=environ)] if "AXIS_INTAKE_SOCKET" in environ else []
    return Server(name, "axis_admin.wsgi:application", var=var, workers=workers, environ=environ, beside=beside)


def gateway_with_intake(var: Path, *, workers: int = 1) -> Server:
    """Return the same with the intake server beside it: as `make run` serves both."""
    from axis_admin import embedded

    return gateway(var, workers=workers, AXIS_INTAKE_SOCKET=str(embedded.intake_socket(var)))


def owner_login(var: Path) -> str:
    """Return how the owner of the tables logs in to this stack's database."""
    from axis_admin import embedded

    return make_conninfo(host=str(embedded.run_dir(var)), user=embedded.OWNER, dbname=embedded.DATABASE)
