"""UUIDs that sort by the time they were made (RFC 9562, version 7)."""

import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_MS = 2**48 - 1


def make(at: datetime | None = None) -> UUID:
    """A new id whose time is `at`, or now. Ids made a microsecond apart sort in their order."""
    nanoseconds = time.time_ns() if at is None else _microseconds(at) * 1000
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    if not 0 <= milliseconds <= LATEST_MS:
        raise ValueError("The time is outside what a version 7 UUID can hold.")
    # The 12 bits after the version carry the fraction of the millisecond, so that one request's ids keep their order.
    fraction = rest * 4096 // 1_000_000
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def time_of(id: UUID) -> datetime:
    """When the id was made, to the millisecond, in UTC. ValueError for another version."""
    if id.version != 7:
        raise ValueError(f"{id} is not a version 7 UUID.")
    return EPOCH + timedelta(milliseconds=id.int >> 80)


def _microseconds(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("The time of an id needs a time zone.")
    return (at - EPOCH) // timedelta(microseconds=1)
