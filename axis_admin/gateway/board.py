"""A board in shared memory on which sibling processes write what they are at; the dead's part counts for nothing."""

import contextlib
import fcntl
import mmap
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

PROCESSES, CELLS = 256, 128
LOOK_AGAIN_SECONDS = 1.0
_ROW = CELLS + 1
_SIZE = PROCESSES * _ROW * 8


class Board:
    """A row for each process, of its id and a cell for each call: 0, or the number of whose call it is."""

    def __init__(self, file: int | None = None) -> None:
        """On this open file, shared by all who have it; without one a board of this process alone."""
        if file is not None:
            os.ftruncate(file, _SIZE)
        self._file = file
        self._lock = threading.Lock()
        self._numbers = memoryview(mmap.mmap(-1 if file is None else file, _SIZE)).cast("Q")
        self._first, self._free = -1, list(range(CELLS))
        self._rows: list[memoryview] = []
        self._looked_at = float("-inf")
        os.register_at_fork(after_in_child=self._begin_anew)

    @classmethod
    def of_siblings(cls) -> "Board":
        """Return the one of all children of this process's parent; its own where no file can be shared."""
        path = Path(tempfile.gettempdir()) / f"axis-{os.getuid()}-{os.getppid()}.calls"
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            if os.fstat(file).st_uid == os.getuid():
                return cls(file)
            os.close(file)
        return cls()

    def write(self, number: int) -> int | None:
        """Write a number into a cell of one's own, and return which; None where they are all taken."""
        with self._lock:
            if self._first < 0:
                self._claim()
            if not self._free:
                return None
            cell = self._free.pop()
        self._numbers[self._first + cell] = number
        return cell

    def clear(self, cell: int) -> None:
        self._numbers[self._first + cell] = 0
        with self._lock:
            self._free.append(cell)

    def count(self, number: int) -> int:
        """Return in how many cells the number stands."""
        now = time.monotonic()
        if now - self._looked_at > LOOK_AGAIN_SECONDS:
            self._looked_at = now
            self._rows = [self._cells(row) for row in range(PROCESSES) if _lives(self._numbers[row * _ROW])]
        return sum(row.tolist().count(number) for row in self._rows)

    def _cells(self, row: int) -> memoryview:
        return self._numbers[row * _ROW + 1 : (row + 1) * _ROW]

    def _claim(self) -> None:
        """Take the row of nobody, or of somebody dead."""
        with self._alone():
            row = next((row for row in range(PROCESSES) if not _lives(self._numbers[row * _ROW])), PROCESSES - 1)
            for cell in range(CELLS):
                self._cells(row)[cell] = 0
            self._numbers[row * _ROW] = os.getpid()
        self._first, self._looked_at = row * _ROW + 1, float("-inf")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if self._file is None:
            yield
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._first, self._free, self._looked_at = -1, list(range(CELLS)), float("-inf")


def _lives(process: int) -> bool:
    if process == 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
