"""Who waited for a store in vain need not wait for it again at once."""

import threading
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.3


class Breaker:
    """After a failure nobody asks for a moment; then one does, and everybody else again once it was answered."""

    def __init__(
        self,
        *,
        pause: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[bool], object] = bool,
    ) -> None:
        self._pause, self._clock = pause, clock
        self._lock = threading.Lock()
        self._closed_until: float | None = None
        # Told True where calls begin to be left out, and False once the store answers again.
        self._on_change = on_change

    @property
    def is_open(self) -> bool:
        return self._closed_until is not None

    def lets_pass(self) -> bool:
        """Say whether the store may be asked now. After a pause the first who wants to is the one to try."""
        if self._closed_until is None:
            return True
        with self._lock:
            now = self._clock()
            if self._closed_until is not None and now < self._closed_until:
                return False
            self._closed_until = now + self._pause
            return True

    def failed(self) -> None:
        with self._lock:
            was_open, self._closed_until = self.is_open, self._clock() + self._pause
        if not was_open:
            self._on_change(True)

    def answered(self) -> None:
        if self._closed_until is None:
            return
        with self._lock:
            was_open, self._closed_until = self.is_open, None
        if was_open:
            self._on_change(False)
