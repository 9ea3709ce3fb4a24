"""How long the lease of a running job lasts: as long as the customer's jobs of late suggest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from keys.models import JobLength
from orgs import changes

SHORTEST_MS, LONGEST_MS = 60_000, 900_000


@dataclass(frozen=True)
class Measured:
    """What all jobs but one in a hundred of an organization's version take at most."""

    organization: int
    api_version: str
    p99_ms: int


def lease_ms(p99_ms: int) -> int:
    """Return how long a lease lasts unless it is renewed: twice as long as a job takes, within reason."""
    return min(max(2 * p99_ms, SHORTEST_MS), LONGEST_MS)


@transaction.atomic
def note(measured: Iterable[Measured], *, at: datetime) -> int:
    """Write down how long jobs take where that has changed by a tenth; returns of how many organizations. Telemetry.

    Whoever remembers one of these reads it again.
    """
    known = {(one.organization_id, one.api_version): one.p99_ms for one in JobLength.objects.all()}
    changed = [one for one in measured if _differs(known.get((one.organization, one.api_version)), one.p99_ms)]
    JobLength.objects.bulk_create(
        [JobLength(**_columns(one), measured_at=at) for one in changed],
        update_conflicts=True,
        unique_fields=["organization", "api_version"],
        update_fields=["p99_ms", "measured_at"],
    )
    organizations = sorted({one.organization for one in changed})
    for organization in organizations:
        transaction.on_commit(partial(changes.tell, organization), robust=True)
    return len(organizations)


def _columns(one: Measured) -> dict[str, Any]:
    return {"organization_id": one.organization, "api_version": one.api_version, "p99_ms": one.p99_ms}


def _differs(before: int | None, now: int) -> bool:
    # Every job is a little longer or shorter than the last one.
    return before is None or abs(now - before) * 10 > before
