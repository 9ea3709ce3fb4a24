"""Where a page of the log begins: a place between two events, which stays when new ones arrive."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.uuid7 import EPOCH

WRITTEN = re.compile(r"([0-9a-f]{1,15})\.([0-9a-f]{32})")


@dataclass(frozen=True)
class Place:
    """An event's time and id, by which the log is ordered."""

    occurred_at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{(self.occurred_at - EPOCH) // timedelta(microseconds=1):x}.{self.id.hex}"


def parse(text: str) -> Place:
    """The place that str() wrote; ValueError for anything else."""
    found = WRITTEN.fullmatch(text)
    if not found:
        raise ValueError("This is no place in the log.")
    try:
        return Place(EPOCH + timedelta(microseconds=int(found[1], 16)), UUID(found[2]))
    except OverflowError:
        raise ValueError("This is no place in the log.") from None
