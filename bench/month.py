"""A month of generations written by the ledger's own statement, as ingest leaves them: a day of all customers at once.

Organizations and keys share them as customers do: the n-th has a part of 1/n, and each key has its usual resolution,
aspect ratio and service tier. Beside them stand the verdicts of the calls, by hour.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench import stack

ORGANIZATIONS, KEYS, DAYS = 120, 3, 30
# Twice as many at noon as at night.
_SOURCE = """(
    WITH customers AS (
        SELECT key.id AS key_id, key.organization_id, row_number() OVER (ORDER BY key.organization_id, key.id) AS n
        FROM keys_apikey AS key WHERE key.environment = 'live'
    ), weighted AS (
        SELECT *, sum(1.0 / n) OVER (ORDER BY n) / sum(1.0 / n) OVER () AS until FROM customers
    ), edges AS (
        SELECT *, coalesce(lag(until) OVER (ORDER BY n), 0) AS since FROM weighted
    ), drawn AS MATERIALIZED (
        SELECT g, random() AS r, random() AS a, random() AS b, random() AS c, random() AS d, random() AS e,
            random() AS f, random() AS s FROM generate_series(1, %s) AS g
    ), shared AS (
        SELECT edges.*, drawn.*, row_number() OVER (PARTITION BY edges.n) AS nth
        FROM edges JOIN drawn ON drawn.r >= edges.since AND drawn.r < edges.until
    )
    SELECT uuid_send(gen_random_uuid()) AS chance, organization_id, key_id, period.id AS period_id,
        date_trunc('milliseconds', %s::timestamptz + interval '1 day' * least(0.99999,
            CASE WHEN s < 0.7 THEN 0.3 + 0.5 * a ELSE a END)) AS occurred_at,
        CASE WHEN b < 0.73 THEN 'v2' ELSE 'v1' END AS api_version,
        CASE WHEN c < 0.007 THEN 'failed' ELSE 'succeeded' END AS outcome,
        CASE WHEN c < 0.003 THEN 'engine' WHEN c < 0.005 THEN 'timeout' WHEN c < 0.007 THEN 'content' ELSE '' END
            AS failure_cause,
        CASE WHEN d < 0.75 THEN (ARRAY['2K', '1K', '4K'])[n %% 3 + 1] WHEN d < 0.9 THEN '1K' ELSE '4K' END
            AS resolution,
        CASE WHEN e < 0.6 THEN (ARRAY['16:9', '1:1', '9:16', '4:3'])[n %% 4 + 1]
            ELSE (ARRAY['16:9', '1:1', '9:16', '4:3', '21:9'])[1 + floor(e * 1000)::int %% 5] END AS aspect_ratio,
        CASE WHEN n %% 3 = 0 AND f < 0.7 THEN 'dedicated' WHEN f < 0.97 THEN 'shared' ELSE 'overage' END AS service_tier
    FROM shared JOIN metering_billingperiod AS period USING (organization_id)
    WHERE period.span @> %s::timestamptz
) AS drawn"""
# A UUIDv7 of the same moment: its milliseconds, its version and variant, chance in the rest.
_ID = (
    "(lpad(to_hex((extract(epoch FROM occurred_at) * 1000)::bigint), 12, '0') || '7'"
    " || substr(encode(chance, 'hex'), 14, 3) || 'b' || substr(encode(chance, 'hex'), 18, 15))::uuid"
)
_VALUES = (
    f"{_ID} AS generation_id, organization_id, key_id, period_id, NULL::bigint, occurred_at, occurred_at,"
    " CASE resolution WHEN '4K' THEN 2 ELSE 1 END, 8000, false, 'live', api_version, outcome, substr(chance, 1, 16),"
    " resolution, aspect_ratio, service_tier, failure_cause, 'gw-1', '', '', NULL::jsonb"
)
_VERDICTS = """
INSERT INTO keys_decisionhour (organization_id, hour, key_id, api_version, code, limit_name, calls, units)
SELECT organization_id, hour, key_id, api_version, code, CASE code WHEN 'VALID' THEN '' ELSE 'v2-minute' END,
    CASE code WHEN 'VALID' THEN sum(generations) ELSE 1 + sum(generations) / 50 END, sum(units)
FROM metering_usagehour, unnest(ARRAY['VALID', 'RATE_LIMITED']) AS code
WHERE code = 'VALID' OR (hour >= %s AND extract(hour FROM hour) IN (11, 12, 15))
GROUP BY organization_id, hour, key_id, api_version, code
"""
_COUNTED = """
SELECT (SELECT sum(generations) FROM metering_usageday), (SELECT sum(generations) FROM metering_usagehour),
    (SELECT count(*) FROM metering_usageday), (SELECT count(*) FROM metering_usagehour)
"""


def fill(var: Path, *, first: datetime, generations: int, say: Callable[[str], None] = print) -> Sequence[int]:
    """Write the month that begins with the day `first`; returns how many rows the daily and the hourly rollup have.

    Customers must exist, each with a billing period over all of it. Raises RuntimeError where something is missing.
    """
    from django.db import connection

    from metering.insertion import WRITE

    statement = WRITE.format(values=_VALUES, source=_SOURCE).replace(
        "SELECT generation_id::text, pg_current_xact_id()::text FROM new", "SELECT count(*) FROM new"
    )
    each = generations // DAYS
    for number in range(DAYS):
        day = first + timedelta(days=number)
        asked = each + (generations - each * DAYS if number == 0 else 0)
        with connection.cursor() as cursor:
            cursor.execute(statement, [asked, day, day])
            if (written := cursor.fetchone()[0]) != asked:
                raise RuntimeError(f"{written} of {asked} generations were written on {day:%F}")
        if number % 10 == 9:
            say(f"- {number + 1} days are written")
    return _settled(var, first, generations)


def _settled(var: Path, first: datetime, generations: int) -> Sequence[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_VERDICTS, [first])
    with psycopg.connect(stack.owner_login(var), autocommit=True) as owner:
        # As the database does by itself, a minute later.
        owner.execute("VACUUM (ANALYZE) metering_usageday, metering_usagehour, keys_decisionhour, metering_generation")
        counted: Any = owner.execute(_COUNTED).fetchone()
    if counted[:2] != (generations, generations):
        raise RuntimeError(f"the rollups count {counted[:2]} generations")
    return list(counted[2:])
