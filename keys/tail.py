"""Each process reads once a second what has changed, from PostgreSQL: what it remembers holds only while it does."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
from django.db import connection

from orgs import changes

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
# By then a change has reached every process, or it trusts nothing that it remembers.
LONGEST_SECONDS = changes.FEED_SECONDS

_READ = """
SELECT coalesce((SELECT seq FROM orgs_changehead), 0), coalesce((SELECT number FROM keys_gatewayrevision), 0),
    coalesce((SELECT array_agg(DISTINCT organization_id) FROM orgs_change WHERE seq > %s), '{}')
"""

# Called with each round, by whoever has something to do once a second.
each_round: list[Callable[[], object]] = []


class Seen(msgspec.Struct, frozen=True):
    """How far the feed and the revision of the gateways' credentials have been read."""

    seq: int
    gateways: int


class Listener(Protocol):
    """Who is told."""

    def forget(self, organizations: Sequence[int]) -> None: ...
    def forget_gateways(self) -> None: ...
    def forget_all(self) -> None: ...


class Tail:
    """A thread that begins with the first who asks for it; `is_fresh` says whether it keeps up."""

    def __init__(self, listener: Listener, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._listener, self._clock = listener, clock
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._seen: Seen | None = None
        self._read_at = float("-inf")
        self._ended = threading.Event()

    @property
    def is_fresh(self) -> bool:
        return self._clock() - self._read_at < LONGEST_SECONDS

    def ensure(self) -> None:
        """Have the thread run."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="tail of the change feed", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Have the thread end with its next round."""
        self._ended.set()

    def step(self) -> None:
        """Read what has changed since the last time, and have it forgotten. Raises where the database is away."""
        began = self._clock()
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self._seen.seq if self._seen else 2**62])
            seq, gateways, organizations = cursor.fetchone()
        self._tell(Seen(seq, gateways), organizations, was_fresh=self.is_fresh)
        # Only now: until they are told, what they remember is as old as before.
        self._read_at = began

    def _tell(self, now: Seen, organizations: Sequence[int], *, was_fresh: bool) -> None:
        before = self._seen
        if before is None or not was_fresh or now.seq < before.seq:
            self._listener.forget_all()
        else:
            if now.seq != before.seq:
                self._listener.forget(organizations)
            if now.gateways != before.gateways:
                self._listener.forget_gateways()
        self._seen = now

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                for told in each_round:
                    told()
                self.step()
            except Exception as error:  # noqa: BLE001 - whatever it was, the next round tries again
                logger.warning("the change feed could not be read: %s", error)
                connection.close()
            self._ended.wait(PAUSE_SECONDS)
        connection.close()
