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
# An owner is named by its process id and, since ids are used again, by when it began.
_ID_BITS = 24
# Of a row: whose it is, how many of its cells were ever used, and the cells.
_OWNER, _USED, _CELLS = 0, 1, 2
_ROW = _CELLS + CELLS
_SIZE = PROCESSES * _ROW * 8


class Board:
    """A row for each process with a cell for each of its calls: 0, or the number of whose call it is."""

    def __init__(self, file: int | None = None) -> None:
        """On this open file, shared by all who have it; without one a board of this process alone."""
        if file is not None:
            os.ftruncate(file, _SIZE)
        self._file = file
        self._lock = threading.Lock()
        self._numbers = memoryview(mmap.mmap(-1 if file is None else file, _SIZE)).cast("Q")
        self._own, self._free = -1, _all_cells()
        self._rows: list[int] = []
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
        if self._own < 0:
            self._claim()
        try:
            # The one that was given back last, so that few are ever used, and few are counted.
            cell = self._free.pop()
        except IndexError:
            return None
        if cell >= self._numbers[self._own + _USED]:
            self._use(cell)
        self._numbers[self._own + _CELLS + cell] = number
        return cell

    def clear(self, cell: int) -> None:
        self._numbers[self._own + _CELLS + cell] = 0
        self._free.append(cell)

    def count(self, number: int) -> int:
        """Return in how many cells the number stands."""
        now, numbers = time.monotonic(), self._numbers
        if now - self._looked_at > LOOK_AGAIN_SECONDS:
            self._looked_at = now
            self._rows = [row for row in range(0, len(numbers), _ROW) if _lives(numbers[row + _OWNER])]
        found = 0
        for row in self._rows:
            found += numbers[row + _CELLS : row + _CELLS + numbers[row + _USED]].tolist().count(number)
        return found

    def _use(self, cell: int) -> None:
        with self._lock:
            self._numbers[self._own + _USED] = max(cell + 1, self._numbers[self._own + _USED])

    def _claim(self) -> None:
        """Take the row of nobody, or of somebody dead."""
        numbers = self._numbers
        with self._lock, self._alone():
            if self._own >= 0:
                return
            rows = range(0, len(numbers), _ROW)
            row = next((row for row in rows if not _lives(numbers[row + _OWNER])), rows[-1])
            for place in range(row + _USED, row + _ROW):
                numbers[place] = 0
            numbers[row + _OWNER] = _name(os.getpid())
            self._own, self._looked_at = row, float("-inf")

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
        self._own, self._free, self._looked_at = -1, _all_cells(), float("-inf")


def _all_cells() -> list[int]:
    return list(reversed(range(CELLS)))


def _lives(owner: int) -> bool:
    process = owner & ((1 << _ID_BITS) - 1)
    if process == 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _name(process) == owner


def _name(process: int) -> int:
    return process | (_began(process) << _ID_BITS) & (2**64 - 1)


def _began(process: int) -> int:
    """Ticks from the machine's start to the process's; 0 where the system does not tell."""
    try:
        # The program's name, in parentheses, may hold anything; of what follows the twentieth is when it began.
        return int(Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return 0
