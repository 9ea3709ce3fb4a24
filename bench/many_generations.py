"""Very many generations, written by the database itself: what gateways would take days to report.

Written as the tables' owner, evenly over a year, and counted by hour and by day as if they had been reported. Claims of
idempotency keys are there as long as they are kept.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from keys.models import ApiKey
from metering import claims, insertion
from metering.models import BillingPeriod

YEAR = timedelta(days=365)
# Each statement writes so many, and each core has one of them under way.
ROWS_AT_ONCE, WRITERS = 500_000, 2

_WRITE = """
INSERT INTO metering_generation (
    generation_id, organization_id, key_id, period_id, occurred_at, received_at, units, duration_ms, late, environment,
    api_version, outcome, fingerprint, resolution, aspect_ratio, service_tier, failure_cause, source, request_id,
    idempotency_key
)
SELECT
    (
        lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || left(digest, 3) || '9' || substr(digest, 4, 15)
    )::uuid,
    (%(organizations)s::bigint[])[key], (%(keys)s::bigint[])[key], (%(periods)s::bigint[])[key], at, at, 1,
    2000 + n %% 18000, false, 'live', CASE WHEN n %% 2 = 0 THEN 'v1' ELSE 'v2' END, 'succeeded',
    decode(digest, 'hex'), '2K', '16:9', 'shared', '', 'bench', 'req_' || left(digest, 16),
    CASE WHEN n %% 4 < 2 THEN digest::uuid::text ELSE '' END
FROM (
    SELECT n, md5(n::text) AS digest, 1 + (n * 7919) %% cardinality(%(keys)s::bigint[]) AS key,
        date_trunc('milliseconds', %(since)s::timestamptz + n * %(apart)s::interval) AS at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) AS made
"""
_COUNT = f"""
INSERT INTO metering_usagehour (hour, organization_id, {insertion.DIMENSIONS}, generations, units)
SELECT date_trunc('hour', occurred_at, 'UTC') AS hour, organization_id, {insertion.DIMENSIONS}, count(*), sum(units)
FROM metering_generation GROUP BY hour, organization_id, {insertion.DIMENSIONS};
INSERT INTO metering_usageday (day, organization_id, {insertion.DIMENSIONS}, generations, units)
SELECT (hour AT TIME ZONE 'UTC')::date AS day, organization_id, {insertion.DIMENSIONS}, sum(generations), sum(units)
FROM metering_usagehour GROUP BY day, organization_id, {insertion.DIMENSIONS};
"""
_CLAIM = """
INSERT INTO metering_idempotencyclaim (organization_id, key_hash, generation_id, occurred_at)
SELECT organization_id, substr(sha256(convert_to('live|' || idempotency_key, 'UTF8')), 1, 16), generation_id,
    occurred_at
FROM metering_generation WHERE occurred_at >= %s AND idempotency_key <> ''
"""
# Sorted once they are all there, the indexes take a fraction of the time.
_WITHOUT_INDEXES = """
ALTER TABLE metering_generation DROP CONSTRAINT metering_generation_pkey;
DROP INDEX generations_of_an_organization;
"""
_WITH_INDEXES = """
ALTER TABLE metering_generation ADD CONSTRAINT metering_generation_pkey PRIMARY KEY (generation_id);
CREATE INDEX generations_of_an_organization ON metering_generation (organization_id, generation_id);
"""
TABLES = ("metering_generation", "metering_usagehour", "metering_usageday", "metering_idempotencyclaim")


@dataclass(frozen=True)
class Whose:
    """The keys that generations are of, each with its organization and that one's billing period."""

    keys: Sequence[int]
    organizations: Sequence[int]
    periods: Sequence[int]


def of_every_key() -> Whose:
    """Every key there is, each with the first billing period of its organization."""
    periods = dict(BillingPeriod.objects.order_by("-span").values_list("organization_id", "pk"))
    keys = list(ApiKey.objects.order_by("pk").values_list("pk", "organization_id"))
    owners = [organization for _, organization in keys]
    return Whose([key for key, _ in keys], owners, [periods[owner] for owner in owners])


def write(login: str, count: int, *, whose: Whose, until: datetime) -> None:
    """Write so many over the year before `until`, and count them."""
    told = {
        "organizations": list(whose.organizations), "keys": list(whose.keys), "periods": list(whose.periods),
        "since": until - YEAR, "apart": YEAR / count,
    }  # fmt: skip
    _carry_out(login, _WITHOUT_INDEXES)
    starts = range(0, count, ROWS_AT_ONCE)
    with ThreadPoolExecutor(WRITERS) as pool:
        parts = [{**told, "first": first, "last": min(first + ROWS_AT_ONCE, count) - 1} for first in starts]
        list(pool.map(lambda part: _carry_out(login, _WRITE, part), parts))
    _carry_out(login, _WITH_INDEXES)
    _carry_out(login, _COUNT)
    _carry_out(login, _CLAIM, [until - claims.KEPT])
    with psycopg.connect(login, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"VACUUM (ANALYZE) {table}")


def _carry_out(login: str, statement: str, told: Any = None) -> None:
    with psycopg.connect(login, autocommit=True) as connection:
        # Nobody waits for these rows to be safe: the checkpoint afterwards makes them so.
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET timezone = 'UTC'")
        connection.execute(statement, told)
