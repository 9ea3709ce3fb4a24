"""Writing many generations of the past at once: demo data, or what was counted elsewhere before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils import timezone

from audit import uuid7
from metering import assignment, entries, fences, insertion, partitions
from metering.entries import Entry

ROWS_AT_ONCE = 5_000
SOURCE = "history"


@dataclass(frozen=True, slots=True)
class Past:
    """A generation that happened some time ago, by the primary keys of its organization and its key."""

    organization_id: int
    key_id: int
    environment: str
    api_version: str
    outcome: str
    units: int
    occurred_at: datetime
    resolution: str = ""
    aspect_ratio: str = ""
    service_tier: str = ""
    failure_cause: str = ""
    duration_ms: int | None = None
    # In milliseconds, by the names that gateways give them.
    stages: dict[str, int] | None = None


@transaction.atomic
def write(rows: Iterable[Past], *, source: str = SOURCE) -> int:
    """Mint an id for each row, write all of them and count them, or none; returns how many were written.

    Up to 15 months back. Raises `assignment.Unopened` where a contract covers a row and its period is not open yet.
    """
    written = 0
    for part in _parts(rows):
        times = [entry.occurred_at for entry in part]
        partitions.ensure_between(min(times), max(times))
        fences.share(entry.organization_id for entry in part)
        now = timezone.now()
        assignment.assign(part, now=now)
        written += len(insertion.insert(part, source=source, received_at=now).ids)
    return written


def _parts(rows: Iterable[Past]) -> Iterator[list[Entry]]:
    remaining = iter(rows)
    while part := [_entry(row) for row in islice(remaining, ROWS_AT_ONCE)]:
        yield part


def _entry(row: Past) -> Entry:
    occurred_ms = entries.milliseconds(row.occurred_at)
    return Entry(
        generation_id=str(uuid7.make(row.occurred_at)),
        organization_id=row.organization_id,
        key_id=row.key_id,
        environment=row.environment,
        api_version=row.api_version,
        outcome=row.outcome,
        units=row.units,
        occurred_at=entries.moment(occurred_ms),
        fingerprint=entries.fingerprint(
            organization_id=row.organization_id,
            key_id=row.key_id,
            api_version=row.api_version,
            outcome=row.outcome,
            units=row.units,
            occurred_ms=occurred_ms,
        ),
        duration_ms=row.duration_ms,
        resolution=row.resolution,
        aspect_ratio=row.aspect_ratio,
        service_tier=row.service_tier,
        failure_cause=row.failure_cause,
        stages=row.stages,
    )
