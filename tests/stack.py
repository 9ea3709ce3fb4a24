"""A whole stack of its own for a test: `manage.py up` on free ports, in a folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UP_SECONDS = 300.0
DOWN_SECONDS = 60.0
BANNER = "Axis Admin is running."
# What this test run chose for itself is not for the programs that it starts.
OURS = re.compile(
    r"AXIS_|DJANGO_|PYTEST_|PROMETHEUS_|PORT$|GATEWAY_PORT$|METRICS_PORT$|DEBUG$|DATABASE_|VALKEY_|CELERY_"
)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def clean_environ(**more: str) -> dict[str, str]:
    """This process's environment without what the test run set in it."""
    return {**{name: value for name, value in os.environ.items() if not OURS.match(name)}, **more}


def manage(*arguments: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a manage.py command to its end."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(
        command, env=dict(environ), cwd=ROOT, check=False, capture_output=True, text=True, timeout=UP_SECONDS
    )


class Stack:
    """`manage.py up` as a child of the test."""

    def __init__(self, var: Path, *, ports: tuple[int, int, int] | None = None, **environ: str) -> None:
        self.var = var
        self.port, self.gateway_port, self.metrics_port = ports or free_ports(3)
        self.environ = clean_environ(
            AXIS_VAR=str(var),
            PORT=str(self.port),
            GATEWAY_PORT=str(self.gateway_port),
            METRICS_PORT=str(self.metrics_port),
            **environ,
        )
        self.output_file = var.parent / f"{var.name}.output"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def staff_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def output(self) -> str:
        return self.output_file.read_text(errors="replace")

    def start(self, *options: str) -> "Stack":
        """Start it without waiting."""
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up", *options],
                env=self.environ,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        return self

    def await_text(self, text: str, *, seconds: float = UP_SECONDS) -> None:
        """Wait until it has printed this; fails with all that it printed where it ends before."""
        end = time.monotonic() + seconds
        while text not in self.output:
            assert self.process is not None
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output}"
            assert time.monotonic() < end, f"did not print {text!r}:\n{self.output}"
            time.sleep(0.1)

    def await_banner(self) -> "Stack":
        self.await_text(BANNER)
        return self

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and wait; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(DOWN_SECONDS)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a manage.py command beside it."""
        return manage(*arguments, environ=self.environ)

    def processes(self) -> dict[int, str]:
        """Every process of this stack by its id, with its command line."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if command and self._owns(entry):
                    found[int(entry.name)] = command
        return found

    def _owns(self, process: Path) -> bool:
        # The stores write their titles over their environment, but work in their own folders.
        in_folder = (process / "cwd").readlink().is_relative_to(self.var)
        return in_folder or f"AXIS_VAR={self.var}\0".encode() in (process / "environ").read_bytes() + b"\0"


@contextmanager
def running(var: Path, *options: str, **environ: str) -> Iterator[Stack]:
    """A stack that is ready inside and gone after."""
    stack = Stack(var, **environ)
    try:
        yield stack.start(*options).await_banner()
    finally:
        stack.end()
