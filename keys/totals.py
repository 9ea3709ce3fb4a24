"""The figures above a list of keys, from one question over the same filter as the list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from keys import conditions
from keys.models import ApiKeyQuerySet

# What parts all keys, and what lies across.
PARTS = ("active", "paused", "expired", "revoked")
ACROSS = ("rotating", "expiring")


@dataclass(frozen=True)
class Totals:
    """How many keys the filter finds, and how many of them are what."""

    keys: int
    active: int
    paused: int
    expired: int
    revoked: int
    rotating: int
    expiring: int
    live: int
    test: int
    unused: int


def narrowed(at: datetime) -> dict[str, Q]:
    """What each figure counts, as a condition beside the filter."""
    states = {state: conditions.of_state(state, at=at) for state in (*PARTS, *ACROSS)}
    environments = {environment: Q(environment=environment) for environment in ("live", "test")}
    return {**states, **environments, "unused": conditions.unused_for(conditions.NEVER, at=at)}


def of(rows: ApiKeyQuerySet, *, at: datetime) -> Totals:
    """Count the rows, in one statement."""
    counts = {name: Count("pk", filter=condition) for name, condition in narrowed(at).items()}
    return Totals(**rows.order_by().aggregate(keys=Count("pk"), **counts))


def facts(totals: Totals) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Each figure with its words and what it adds to the filter."""
    yield "Active", totals.active, {"state": "active"}
    yield "Expire within 30 days", totals.expiring, {"state": "expiring"}
    yield "Never used", totals.unused, {"unused": conditions.NEVER}
