"""The gateways that read the change feed: which of them are current, which lag, and which have fallen silent."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from django.db import connection
from django.utils import timezone

from keys.gateways import GatewayCredential

LAGGING = timedelta(seconds=10)
SILENT = timedelta(seconds=60)
# Every page asks; what is warned of has lasted ten seconds by then.
KEPT_S = 1.0

# Of credentials that work. A change that retention has taken away was told more than a week ago.
_READERS = """
SELECT c.uid, c.name, c.environment, r.source, r.seq, head.seq, r.polled_at,
    CASE WHEN r.seq < head.seq THEN coalesce(
        (SELECT change.at FROM orgs_change change WHERE change.seq = r.seq + 1), now() - interval '7 days') END
FROM keys_feedreader r JOIN keys_gatewaycredential c ON c.id = r.credential_id
CROSS JOIN (SELECT coalesce((SELECT seq FROM orgs_changehead WHERE id = 1), 0) AS seq) head
WHERE c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > now())
ORDER BY c.environment, r.source, c.name
"""


class State(StrEnum):
    CURRENT = "current"
    LAGGING = "lagging"
    SILENT = "silent"


class Reader(msgspec.Struct, frozen=True):
    """One process that reads the feed: a source of a credential. `behind_since`: of the oldest it lacks."""

    credential: str
    credential_name: str
    environment: str
    source: str
    seq: int
    head: int
    polled_at: datetime
    behind_since: datetime | None

    @property
    def is_production(self) -> bool:
        return self.environment == GatewayCredential.Environment.PRODUCTION

    @property
    def behind(self) -> int:
        """How many changes it has not confirmed."""
        return max(0, self.head - self.seq)

    def lag(self, *, at: datetime) -> timedelta:
        """How long it has not confirmed what it should have."""
        return max(timedelta(), at - self.behind_since) if self.behind_since else timedelta()

    def state(self, *, at: datetime) -> State:
        if at - self.polled_at > SILENT:
            return State.SILENT
        return State.LAGGING if self.lag(at=at) > LAGGING else State.CURRENT


class Tally(msgspec.Struct, frozen=True):
    """How the production gateways stand. `polling` leaves the silent ones out."""

    current: int = 0
    lagging: Sequence[tuple[str, timedelta]] = ()
    silent: int = 0

    @property
    def polling(self) -> int:
        return self.current + len(self.lagging)

    @property
    def is_well(self) -> bool:
        return not self.lagging and not self.silent

    @property
    def words(self) -> str:
        """“4 of 4 current”, or “3 of 4, 1 silent”; nothing where no production gateway reads the feed."""
        told = f"{self.current} of {self.polling}" if self.polling else ""
        if self.silent:
            return f"{told}, {self.silent} silent" if told else f"{self.silent} silent"
        return f"{told} current" if told else ""


def readers() -> list[Reader]:
    """Return every reader whose credential works, those of production first."""
    with connection.cursor() as cursor:
        cursor.execute(_READERS)
        return [Reader(*row) for row in cursor.fetchall()]


def tally(*, at: datetime | None = None) -> Tally:
    """Count the production gateways by state."""
    at = at or timezone.now()
    found = [(reader, reader.state(at=at)) for reader in readers() if reader.is_production]
    return Tally(
        current=sum(state == State.CURRENT for _, state in found),
        lagging=[(reader.source, reader.lag(at=at)) for reader, state in found if state == State.LAGGING],
        silent=sum(state == State.SILENT for _, state in found),
    )


class Kept:
    """What was counted, for a second: a page is drawn more often than gateways poll."""

    def __init__(self, count: Callable[[], Tally] = tally, clock: Callable[[], float] = time.monotonic) -> None:
        self._count, self._clock = count, clock
        self._told, self._until = Tally(), 0.0

    def tally(self) -> Tally:
        """Count again where the last count is older than a second."""
        now = self._clock()
        if now >= self._until:
            self._told, self._until = self._count(), now + KEPT_S
        return self._told

    def forget(self) -> None:
        """Count again with the next question."""
        self._until = 0.0


kept = Kept()
