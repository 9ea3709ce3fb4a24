"""How many calls of a credential are being worked on by the processes of this gateway, all together."""

import functools
import zlib
from collections import defaultdict

from django.conf import settings

from axis_admin.gateway import board, metrics


class InFlight:
    """Counts by credential over all processes of one server, and refuses above the limit."""

    def __init__(self, largest: int | None = None, shared: board.Board | None = None) -> None:
        self.largest = settings.CALLS_IN_FLIGHT if largest is None else largest
        self._board = shared or board.Board.of_siblings()
        # Appended to and popped from, which no other thread can come between.
        self._cells: defaultdict[str, list[int]] = defaultdict(list)

    @property
    def number(self) -> int:
        """How many calls this process is at."""
        return sum(map(len, list(self._cells.values())))

    def enter(self, credential: str) -> bool:
        """Count one more call; False, and not counted, where as many are in flight as may be."""
        number = _number(credential)
        cell = self._board.write(number)
        # Written before it is counted: two who come at once may both be refused, but never both be one too many.
        if cell is None or self._board.count(number) > self.largest:
            if cell is not None:
                self._board.clear(cell)
            return False
        self._cells[credential].append(cell)
        return True

    def leave(self, credential: str) -> None:
        """Count a call that was entered as done."""
        self._board.clear(self._cells[credential].pop())


@functools.lru_cache(maxsize=1_024)
def _number(credential: str) -> int:
    # Never 0, and the same in every process.
    return zlib.crc32(credential.encode()) | 1 << 32


calls = InFlight()
metrics.on_count.append(lambda: metrics.IN_FLIGHT.set(calls.number))
