"""A month of generations in the rollups, with the rows that ingest leaves: hour by hour, with all that is told apart.

Organizations and keys share them as customers do: the n-th key has a part of 1/n, and each has its usual resolution,
aspect ratio and service tier. Beside them stand the verdicts of the calls, by hour.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench import stack

ORGANIZATIONS, KEYS, DAYS = 120, 3, 30
_CUSTOMERS = """
CREATE TEMPORARY TABLE customers AS
WITH keys AS (
    SELECT key.id AS key_id, key.organization_id, row_number() OVER (ORDER BY key.organization_id, key.id) AS n
    FROM keys_apikey AS key WHERE key.environment = 'live'
), weighted AS (
    SELECT *, sum(1.0 / n) OVER (ORDER BY n) / sum(1.0 / n) OVER () AS until FROM keys
)
SELECT *, coalesce(lag(until) OVER (ORDER BY n), 0)::float8 AS since FROM weighted
"""
# One day: most of it in working hours.
_HOURS = """
WITH drawn AS MATERIALIZED (
    SELECT random() AS r, random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f,
        random() AS s FROM generate_series(1, %(generations)s)
), made AS (
    SELECT organization_id, key_id,
        %(day)s::timestamptz + interval '1 hour' * floor(24 * CASE WHEN s < 0.7 THEN 0.3 + 0.5 * a ELSE a END) AS hour,
        CASE WHEN b < 0.73 THEN 'v2' ELSE 'v1' END AS api_version,
        CASE WHEN c < 0.007 THEN 'failed' ELSE 'succeeded' END AS outcome,
        CASE WHEN c < 0.003 THEN 'engine' WHEN c < 0.005 THEN 'timeout' WHEN c < 0.007 THEN 'content' ELSE '' END
            AS failure_cause,
        CASE WHEN d < 0.75 THEN (ARRAY['2K', '1K', '4K'])[n %% 3 + 1] WHEN d < 0.9 THEN '1K' ELSE '4K' END
            AS resolution,
        CASE WHEN e < 0.6 THEN (ARRAY['16:9', '1:1', '9:16', '4:3'])[n %% 4 + 1]
            ELSE (ARRAY['16:9', '1:1', '9:16', '4:3', '21:9'])[1 + floor(e * 1000)::int %% 5] END AS aspect_ratio,
        CASE WHEN n %% 3 = 0 AND f < 0.7 THEN 'dedicated' WHEN f < 0.97 THEN 'shared' ELSE 'overage' END AS service_tier
    FROM drawn JOIN customers ON n = width_bucket(drawn.r, (SELECT array_agg(since ORDER BY n) FROM customers))
)
INSERT INTO metering_usagehour (hour, organization_id, period_id, key_id, environment, api_version, outcome,
    resolution, aspect_ratio, service_tier, failure_cause, generations, units)
SELECT hour, organization_id, period.id, key_id, 'live', api_version, outcome, resolution, aspect_ratio,
    service_tier, failure_cause, count(*), sum(CASE resolution WHEN '4K' THEN 2 ELSE 1 END)
FROM made JOIN metering_billingperiod AS period USING (organization_id) WHERE period.span @> %(day)s::timestamptz
GROUP BY 1, 2, 3, 4, 6, 7, 8, 9, 10, 11 ORDER BY organization_id, hour, key_id
"""
_DAYS = """
INSERT INTO metering_usageday (day, organization_id, period_id, key_id, environment, api_version, outcome,
    resolution, aspect_ratio, service_tier, failure_cause, generations, units)
SELECT (hour AT TIME ZONE 'UTC')::date, organization_id, period_id, key_id, environment, api_version, outcome,
    resolution, aspect_ratio, service_tier, failure_cause, sum(generations), sum(units)
FROM metering_usagehour WHERE hour >= %(day)s AND hour < %(day)s + interval '1 day'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ORDER BY organization_id, 1, key_id
"""
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


def fill(var: Path, *, first: datetime, generations: int) -> Sequence[int]:
    """Write the month that begins with the day `first`; returns how many rows the daily and the hourly rollup have.

    Customers must exist, each with a billing period over all of it. Raises RuntimeError where something is missing.
    """
    from django.db import connection

    each = generations // DAYS
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS)
        for number in range(DAYS):
            asked = each + (generations - each * DAYS if number == 0 else 0)
            values = {"day": first + timedelta(days=number), "generations": asked}
            cursor.execute(_HOURS, values)
            cursor.execute(_DAYS, values)
    return _settled(var, first, generations)


def _settled(var: Path, first: datetime, generations: int) -> Sequence[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_VERDICTS, [first])
    with psycopg.connect(stack.owner_login(var), autocommit=True) as owner:
        # As the database does by itself, a minute later.
        owner.execute("VACUUM (ANALYZE) metering_usageday, metering_usagehour, keys_decisionhour")
        counted: Any = owner.execute(_COUNTED).fetchone()
    if counted[:2] != (generations, generations):
        raise RuntimeError(f"the rollups count {counted[:2]} generations")
    return list(counted[2:])


def sum_days(var: Path) -> int:
    """Sum the days as the sweep does that runs every five minutes; returns how many rows that is."""
    from django.utils import timezone

    from metering import summing

    summing.run(now=timezone.now())
    with psycopg.connect(stack.owner_login(var), autocommit=True) as owner:
        # Customers were written a moment ago, too: without statistics of them plans are ten times slower.
        owner.execute("VACUUM (ANALYZE)")
        counted: Any = owner.execute("SELECT count(*) FROM metering_daysum").fetchone()
    return int(counted[0])
