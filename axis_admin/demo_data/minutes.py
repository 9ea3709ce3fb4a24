"""The minutes of the last days, out of the hours that are there: what is replayed as "what if"."""

from datetime import datetime

from django.db import connection

from keys import retention

# The calls of an hour over its minutes, in slow waves of which each key has its own: so many until each minute's end.
# Only whole calls, and all of them; of the present hour as far as it has come.
_MINUTES = """
WITH hours AS (
    SELECT organization_id, key_id, hour, api_version, code, sum(calls) AS calls, sum(units) AS units,
        least(60, greatest(1, ceil(extract(epoch FROM %(now)s - hour) / 60)))::int AS length
    FROM keys_decisionhour WHERE hour >= %(since)s AND hour <= %(now)s
    GROUP BY organization_id, key_id, hour, api_version, code
), spread AS (
    SELECT hours.*, n,
        floor(calls * (n::float / length + 0.8 * sin(2 * pi() * wave * n / length) / (2 * pi() * wave)) + 1e-6) AS until
    FROM hours, LATERAL (SELECT 2 + key_id %% 3 AS wave) AS waves, generate_series(0, length) AS n
), parts AS (
    SELECT *, until - lag(until) OVER (PARTITION BY key_id, hour, api_version, code ORDER BY n) AS part FROM spread
)
INSERT INTO keys_decisionminute (organization_id, minute, key_id, api_version, code, calls, units)
SELECT organization_id, hour + (n - 1) * interval '1 minute', key_id, api_version, code, part,
    round(part * units / calls)
FROM parts WHERE part > 0
"""


def note(*, now: datetime) -> None:
    """Count the minutes of the days for which they are kept."""
    since = (now - retention.MINUTES).replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_MINUTES, {"now": now, "since": since})
