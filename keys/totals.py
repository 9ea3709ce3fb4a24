"""The figures above a list of keys, from one question over the same filter as the list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q

from audit import search
from keys import conditions
from keys.models import ApiKeyQuerySet

# Nobody reads on from here, and so a million keys cost no more than this.
MOST = 10_000
SECONDS = 3
# What parts all keys, and what lies across.
PARTS = ("active", "paused", "expired", "revoked")
ACROSS = ("rotating", "expiring")


@dataclass(frozen=True)
class Totals:
    """How many keys the filter finds, and how many of them are what; MOST + 1 stands for more than MOST."""

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
    return {"keys": Q(), **states, **environments, "unused": conditions.unused_for(conditions.NEVER, at=at)}


def of(rows: ApiKeyQuerySet, *, at: datetime) -> Totals | None:
    """Count the rows, in one statement; None where that would keep the reader waiting."""
    counts = counted(rows, narrowed(at))
    return Totals(**counts) if counts else None


def counted(rows: ApiKeyQuerySet, narrowed: Mapping[str, Q]) -> dict[str, int]:
    """Count the rows under each condition, as far as MOST + 1, in one statement; nothing where it takes too long."""
    try:
        with search.limited(SECONDS):
            return _counted(rows, narrowed)
    except search.TooSlow:
        return {}


def _counted(rows: ApiKeyQuerySet, narrowed: Mapping[str, Q]) -> dict[str, int]:
    parts: list[str] = []
    values: list[Any] = []
    for condition in narrowed.values():
        found = rows.filter(condition).order_by().values("pk")[: MOST + 1]
        try:
            sql, given = found.query.sql_with_params()
        except EmptyResultSet:
            sql, given = "SELECT 1 WHERE false", ()
        # Django's own statement, its values apart.
        parts.append(f"(SELECT count(*) FROM ({sql}) AS found)")  # noqa: S608
        values += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return dict(zip(narrowed, cursor.fetchone(), strict=True))


def written(count: int) -> str:
    """A count in words: 1,204, or 10,000+ where nobody counted on."""
    return f"{MOST:,}+" if count > MOST else f"{count:,}"


def facts(totals: Totals) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Each figure with its words and what it adds to the filter."""
    yield "In force", totals.active, {"state": "active"}
    yield "Expire within 30 days", totals.expiring, {"state": "expiring"}
    yield "Never used", totals.unused, {"unused": conditions.NEVER}
