"""The statements that write to the ledger: what is new is inserted and counted at once, by the same statement."""

from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from django.db import connection

from metering.entries import Entry

DIMENSIONS = (
    "period_id, original_period_id, key_id, environment, api_version, outcome, resolution, aspect_ratio, service_tier,"
    " failure_cause"
)
_COUNTED_BY = f"organization_id, {DIMENSIONS}"
_COLUMNS = (
    "generation_id, organization_id, key_id, period_id, original_period_id, occurred_at, received_at, units,"
    " duration_ms, late, environment, api_version, outcome, fingerprint, resolution, aspect_ratio, service_tier,"
    " failure_cause, source, request_id, idempotency_key, stages"
)

# Ids in order, then the rows of the rollups in order: two batches that hold the same ones never wait for each other.
# What ON CONFLICT leaves out is not in `new`, so that a second report of an id counts nothing.
WRITE = f"""
WITH new AS (
    INSERT INTO metering_generation ({_COLUMNS})
    SELECT {{values}} FROM {{source}} ORDER BY generation_id
    ON CONFLICT DO NOTHING
    RETURNING generation_id, {_COUNTED_BY}, date_trunc('hour', occurred_at, 'UTC') AS hour, units, source
), counted AS (
    SELECT hour, {_COUNTED_BY}, count(*) AS generations, sum(units) AS units FROM new GROUP BY hour, {_COUNTED_BY}
), hours AS (
    INSERT INTO metering_usagehour AS usage (hour, {_COUNTED_BY}, generations, units)
    SELECT hour, {_COUNTED_BY}, generations, units FROM counted ORDER BY organization_id, hour, {DIMENSIONS}
    ON CONFLICT (organization_id, hour, {DIMENSIONS})
    DO UPDATE SET generations = usage.generations + excluded.generations, units = usage.units + excluded.units
), days AS (
    INSERT INTO metering_usageday AS usage (day, {_COUNTED_BY}, generations, units)
    SELECT (hour AT TIME ZONE 'UTC')::date AS day, {_COUNTED_BY}, sum(generations), sum(units)
    FROM counted GROUP BY day, {_COUNTED_BY} ORDER BY organization_id, day, {DIMENSIONS}
    ON CONFLICT (organization_id, day, {DIMENSIONS})
    DO UPDATE SET generations = usage.generations + excluded.generations, units = usage.units + excluded.units
), sources AS (
    INSERT INTO metering_periodsource (period_id, source)
    SELECT DISTINCT period_id, source FROM new WHERE period_id IS NOT NULL ORDER BY period_id, source
    ON CONFLICT DO NOTHING
){{stale}}
SELECT string_agg(generation_id::text, ','), pg_current_xact_id()::text FROM new
"""  # noqa: S608 (only names of columns are put together)

# A day that was summed already, for pages, is marked.
_STALE = """, stale AS (
    INSERT INTO metering_staleday (organization_id, day)
    SELECT DISTINCT organization_id, (hour AT TIME ZONE 'UTC')::date AS day
    FROM counted JOIN metering_summedusage AS summed USING (organization_id)
    WHERE (hour AT TIME ZONE 'UTC')::date <= through ORDER BY organization_id, day
    ON CONFLICT DO NOTHING
)"""
_BATCH = """json_to_recordset(%s::json) AS entry(
    generation_id uuid, organization_id bigint, key_id bigint, period_id bigint, original_period_id bigint,
    occurred_at timestamptz, units integer, duration_ms integer, environment varchar, api_version varchar,
    outcome varchar, fingerprint bytea, resolution varchar, aspect_ratio varchar, service_tier varchar,
    failure_cause varchar, request_id varchar, idempotency_key varchar, stages jsonb
)"""
_VALUES = (
    _COLUMNS.replace("received_at", "%s::timestamptz")
    .replace("source", "%s::varchar")
    .replace(" late", " original_period_id IS NOT NULL")
)
_WRITE_PRESENT = WRITE.format(values=_VALUES, source=_BATCH, stale="")
_WRITE_BATCH = WRITE.format(values=_VALUES, source=_BATCH, stale=_STALE)

_STANDING = r"""
SELECT generation.generation_id::text, organization_id, key_id, api_version, outcome, units, occurred_at,
    '\x' || encode(fingerprint, 'hex'), received_at, (
        SELECT label FROM metering_billingperiod WHERE id = generation.period_id
    )
FROM metering_generation AS generation WHERE generation_id = ANY (%s::uuid[])
"""


class Inserted(NamedTuple):
    """The ids that were new, and the transaction that wrote them; "" where none was."""

    ids: Set[str]
    transaction: str = ""


class Standing(NamedTuple):
    """What the ledger says about an id."""

    generation_id: str
    organization_id: int
    key_id: int
    api_version: str
    outcome: str
    units: int
    occurred_at: datetime
    fingerprint: str
    received_at: datetime
    period: str | None


def insert(entries: Sequence[Entry], *, source: str, received_at: datetime) -> Inserted:
    """Write and count the entries whose ids are new, each id once; returns which were.

    Call it under the fence of their organizations.
    """
    # Nothing is summed before its day is over by two hours, so that by the clock of now, which is read under the fence,
    # what happened today marks nothing.
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    is_present = all(entry.occurred_at >= midnight for entry in entries)
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE_PRESENT if is_present else _WRITE_BATCH, [received_at, source, msgspec.json.encode(entries).decode()]
        )
        ids, transaction = cursor.fetchone() or ("", "")
    return Inserted(set(ids.split(",")), transaction) if ids else Inserted(frozenset())


def standing(generation_ids: Iterable[str]) -> dict[str, Standing]:
    """Read what the ledger says about these ids.

    A statement of its own: the one that inserts cannot see the row that another batch wrote while it waited.
    """
    wanted = sorted(set(generation_ids))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [wanted])
        return {row[0]: Standing(*row) for row in cursor.fetchall()}
