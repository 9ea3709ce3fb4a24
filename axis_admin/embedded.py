"""PostgreSQL and Valkey from their wheels, on unix sockets below AXIS_VAR, for whoever runs this on one machine."""

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psycopg
from django.conf import settings

from axis_admin import binaries, processes

UP = "up"
DATABASE = "axis"
OWNER = "axis_owner"
APPLICATION = "axis_app"
# A unix socket's path may have 107 bytes; PostgreSQL puts this behind the folder's.
LONGEST_RUN_DIR = 107 - len("/.s.PGSQL.5432.lock")
START_SECONDS = 30
STOP_SECONDS = 20
# PostgreSQL's own default, and what a machine that does other things too can spare.
LEAST_SHARED_MB, MOST_SHARED_MB = 128, 1_024


class StoresError(Exception):
    """The stores cannot be started; the message is one line for a person."""


class Claimed(StoresError):
    """Another process has this folder's stores; the message names it."""


def run_dir(var: Path) -> Path:
    """The folder of the sockets: var/run, or a short temporary one where that path is too long for a socket."""
    inside = var / "run"
    if len(os.fsencode(inside)) <= LONGEST_RUN_DIR:
        return inside
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"axis-{os.getuid()}-{name}"


def postgres_socket(var: Path) -> Path:
    return run_dir(var) / ".s.PGSQL.5432"


def valkey_socket(var: Path) -> Path:
    return run_dir(var) / "valkey.sock"


def intake_socket(var: Path) -> Path:
    return run_dir(var) / "intake.sock"


def running(var: Path) -> bool:
    """Whether both stores of this folder accept connections."""
    return processes.answers(postgres_socket(var)) and processes.answers(valkey_socket(var))


class Stores:
    """Both stores of one folder, started and stopped by the one process that holds the folder's lock."""

    def __init__(self, var: Path, *, postgres_bin: str = "", valkey_server: str = "", durable: bool = True) -> None:
        """`durable=False` trades safety against power loss for speed, for tests alone."""
        self.var = var
        self.run = run_dir(var)
        self.data = var / "postgres"
        self.draft = var / "postgres.new"
        self.durable = durable
        self._postgres_bin = postgres_bin
        self._valkey_server = valkey_server
        self._lock: IO[str] | None = None
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @classmethod
    def from_settings(cls, var: Path) -> "Stores":
        """With the programs that the environment chose."""
        return cls(var, postgres_bin=settings.POSTGRES_BIN, valkey_server=settings.VALKEY_SERVER)

    def claim(self, purpose: str, *, patience: float = 0) -> None:
        """Take the folder's lock, or raise Claimed naming the process that has it.

        A command that holds it is waited for, `patience` seconds at most; another `up` is not.
        """
        self.var.mkdir(parents=True, exist_ok=True)
        lock = (self.var / "up.lock").open("a+")
        end = time.monotonic() + patience
        while not processes.try_lock(lock):
            lock.seek(0)
            holder = lock.read()
            if time.monotonic() > end or holder.endswith(f" ({UP})"):
                lock.close()
                raise Claimed(f"Already running on {self.var}: process {holder or 'unknown'}.")
            time.sleep(0.05)
        lock.truncate(0)
        lock.write(f"{os.getpid()} ({purpose})")
        lock.flush()
        self._lock = lock

    def start(self) -> None:
        """Both stores accept connections, roles and database are made; claims the folder where that was not done."""
        if self._lock is None:
            self.claim("command")
        try:
            login = processes.login_for_postgres()
            for folder in (self.data, self.run, self.var / "valkey"):
                self._make_private(folder, login)
            self._end_leftovers()
            self._start_valkey()
            self._start_postgres(login)
            self._make_roles()
        except (binaries.MissingProgram, OSError, psycopg.Error) as error:
            self.stop()
            raise StoresError(str(error)) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Both stores ended in order, everything written; the folder's lock given back."""
        for name, number in (("valkey", signal.SIGTERM), ("postgres", signal.SIGINT)):
            child = self._children.get(name)
            if child and child.poll() is None:
                child.send_signal(number)
        for child in self._children.values():
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()
        if self._lock:
            self._lock.close()
            self._lock = None

    def dead(self) -> str | None:
        """The name and the last lines of a store that ended by itself; None while both live."""
        for name, child in self._children.items():
            if child.poll() is not None:
                return f"{name} ended with status {child.returncode}:\n{processes.last_lines(self._log(name))}"
        return None

    def _make_private(self, folder: Path, login: processes.Login) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = folder.lstat()
        # The short run folder stands in a folder where everybody may write: take nobody else's, and no link.
        if stat.S_ISLNK(state.st_mode) or (os.geteuid() != 0 and state.st_uid != os.geteuid()):
            raise StoresError(f"{folder} belongs to somebody else: remove it or choose another AXIS_VAR.")
        login.own(folder)

    def _end_leftovers(self) -> None:
        """After kill -9: wait until the dead run's processes have noticed, then remove what they left."""
        if processes.answers(self.run / "valkey.sock"):
            self._shut_down_valkey()
        pid_file = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            os.kill(int(pid_file.read_text().splitlines()[0]), 0 if not self._postgres_answers() else signal.SIGINT)
        end = time.monotonic() + STOP_SECONDS
        while processes.anybody_in(self.data, self.draft, self.var / "valkey") or self._postgres_answers():
            if time.monotonic() > end:
                raise StoresError(f"Processes of an earlier run still use {self.var}: end them first.")
            time.sleep(0.1)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock", "valkey.sock"):
            (self.run / name).unlink(missing_ok=True)
        pid_file.unlink(missing_ok=True)

    def _postgres_answers(self) -> bool:
        return processes.answers(self.run / ".s.PGSQL.5432")

    def _shut_down_valkey(self) -> None:
        import redis

        with contextlib.suppress(redis.RedisError):
            redis.Redis(unix_socket_path=str(self.run / "valkey.sock")).shutdown(save=False)

    def _start_valkey(self) -> None:
        program = binaries.valkey(self._valkey_server)
        options = {
            "port": "0",
            "unixsocket": str(self.run / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(self.var / "valkey"),
            "databases": "64",
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            # Counters of limits must never be dropped to make room: better a clear error.
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self._spawn("valkey", [str(program), *arguments], signal.SIGTERM, processes.Login())
        self._await("valkey", lambda: processes.answers(self.run / "valkey.sock"))

    def _start_postgres(self, login: processes.Login) -> None:
        folder = binaries.postgres(self._postgres_bin)
        if not (self.data / "PG_VERSION").exists():
            self._initdb(folder, login)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.run),
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": "on" if self.durable else "off",
            "shared_buffers": f"{_shared_megabytes()}MB",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        # SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, everything committed is kept.
        self._spawn("postgres", [str(folder / "postgres"), "-D", str(self.data), *arguments], signal.SIGINT, login)
        self._await("postgres", self._postgres_accepts)

    def _initdb(self, folder: Path, login: processes.Login) -> None:
        # Made beside and then renamed: a start that was ended half-way leaves no half a database behind.
        shutil.rmtree(self.draft, ignore_errors=True)
        self._make_private(self.draft, login)
        command = [str(folder / "initdb"), "-D", str(self.draft), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command += ["--locale=C.UTF-8" if os.uname().sysname == "Linux" else "--locale=en_US.UTF-8", "--no-sync"]
        status, output = processes.run_whole([*login.prefix, *command], **login.popen())
        if status:
            raise StoresError(f"initdb failed: {output.strip().splitlines()[-1]}")
        self.draft.rename(self.data)

    def _spawn(self, name: str, command: list[str], at_parents_end: signal.Signals, login: processes.Login) -> None:
        with self._log(name).open("ab") as log:
            self._children[name] = subprocess.Popen(
                [*login.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                process_group=0,
                preexec_fn=processes.end_with_parent(at_parents_end),
                **login.popen(),
            )

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        end = time.monotonic() + START_SECONDS
        while not ready():
            report = self.dead()
            if report or time.monotonic() > end:
                raise StoresError(report or f"{name} did not start within {START_SECONDS} s: see {self._log(name)}.")
            time.sleep(0.02)

    def _postgres_accepts(self) -> bool:
        if not self._postgres_answers():
            return False
        try:
            self._superuser().close()
        except psycopg.OperationalError:
            return False
        return True

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.run), user="postgres", dbname="postgres", autocommit=True)

    def _make_roles(self) -> None:
        with self._superuser() as connection:
            roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            if OWNER not in roles:
                connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
            if APPLICATION not in roles:
                connection.execute(f"CREATE ROLE {APPLICATION} LOGIN")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _log(self, name: str) -> Path:
        return self.var / f"{name}.log"


def _shared_megabytes() -> int:
    """How much PostgreSQL keeps in memory: a quarter of the machine's, as its manual advises, within bounds."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return LEAST_SHARED_MB
    return max(LEAST_SHARED_MB, min(MOST_SHARED_MB, machine // 4 // 2**20))
