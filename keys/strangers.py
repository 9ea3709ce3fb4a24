"""Credentials that nobody has, asked about again and again: answered from memory for a moment. Pure."""

import threading
import time
from collections.abc import Callable

KEPT_SECONDS = 3.0
MOST, MOST_AT_THE_DOOR = 2_000, 8_000


class Strangers:
    """Those that were unknown twice; the first time only gets one to the door, so that random ids push nobody out."""

    def __init__(
        self,
        *,
        most: int = MOST,
        most_at_the_door: int = MOST_AT_THE_DOOR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._most_at_the_door, self._clock = most, most_at_the_door, clock
        self._lock = threading.Lock()
        self._until: dict[bytes, float] = {}
        self._door: set[bytes] = set()
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._until)

    @property
    def age(self) -> int:
        """How often all were forgotten: to be read before it is asked who somebody is."""
        return self._forgotten

    def knows(self, digest: bytes) -> bool:
        until = self._until.get(digest)
        return until is not None and self._clock() < until

    def note(self, digest: bytes, *, age: int) -> None:
        """Note that nobody has this credential, unless something has changed while that was asked."""
        with self._lock:
            if age != self._forgotten:
                return
            if digest in self._door or digest in self._until:
                self._let_in(digest)
                return
            if len(self._door) >= self._most_at_the_door:
                self._door.clear()
            self._door.add(digest)

    def forget_all(self) -> None:
        with self._lock:
            self._forgotten += 1
            self._until, self._door = {}, set()

    def _let_in(self, digest: bytes) -> None:
        self._until.pop(digest, None)
        while len(self._until) >= self._most:
            self._until.pop(next(iter(self._until)))
        self._until[digest] = self._clock() + KEPT_SECONDS
