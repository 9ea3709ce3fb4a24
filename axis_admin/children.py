"""Supervised programs: each in a process group of its own, named when it dies, and started again."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from axis_admin import processes

FIRST_DELAY = 0.5
LONGEST_DELAY = 10.0
# A child that lived this long is taken to be well again: its next death is met with the first delay.
STEADY_SECONDS = 30.0
STOP_SECONDS = 15.0


class Child:
    """One program under supervision, its output in a log of its own."""

    def __init__(self, name: str, command: Sequence[str], *, environ: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environ = dict(environ)
        self._delay = FIRST_DELAY
        self._due: float | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    def start(self) -> None:
        self._due = None
        self._started = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the supervisor alone, which then stops everything in order.
                process_group=0,
                preexec_fn=processes.end_with_parent(signal.SIGTERM),
            )

    def tend(self, say: Callable[[str], None]) -> None:
        """Notice a death and say so; start again once its delay is over. Call it often."""
        if self._due is not None:
            if time.monotonic() >= self._due:
                self.start()
        elif self._process and self._process.poll() is not None:
            self._mourn(self._process, say)

    def ask_to_stop(self) -> None:
        self._due = None
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def await_end(self) -> None:
        """Wait for the end that was asked for; kill what does not end, and whatever it left behind."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._kill_group(self._process)
        self._process.wait()

    def _mourn(self, process: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
        # A killed server leaves its workers behind, still listening and still working.
        self._kill_group(process)
        if time.monotonic() - self._started > STEADY_SECONDS:
            self._delay = FIRST_DELAY
        how = f"status {process.returncode}" if process.returncode >= 0 else f"signal {-process.returncode}"
        say(f"{self.name} ended with {how}; again in {self._delay:g} s. Its last lines:")
        say(processes.last_lines(self.log) or "(it wrote nothing)")
        self._due = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def _kill_group(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def stop_in_order(groups: Iterable[Iterable[Child]]) -> None:
    """End each group whole before the next one is asked to."""
    for group in groups:
        members = list(group)
        for child in members:
            child.ask_to_stop()
        for child in members:
            child.await_end()
