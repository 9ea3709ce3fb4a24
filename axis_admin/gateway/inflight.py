"""How many calls of a credential are being worked on in this process."""

import threading
from collections import Counter

from axis_admin.gateway import metrics

LARGEST = 64


class InFlight:
    """Counts by credential, and refuses above the limit.

    Each process counts its own: across processes a gateway may have as many times more in flight as there are.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self.largest = largest
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def enter(self, credential: str) -> bool:
        """Count one more call; False, and not counted, where as many are in flight as may be."""
        with self._lock:
            if self._counts[credential] >= self.largest:
                return False
            self._counts[credential] += 1
        metrics.IN_FLIGHT.inc()
        return True

    def leave(self, credential: str) -> None:
        """Count a call that was entered as done."""
        with self._lock:
            self._counts[credential] -= 1
            if not self._counts[credential]:
                del self._counts[credential]
        metrics.IN_FLIGHT.dec()


calls = InFlight()
