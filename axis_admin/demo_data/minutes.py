"""The minutes of the last days, out of the hours that are there: what is replayed as "what if"."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from axis_admin.demo_data.bursts import Burst
from axis_admin.demo_data.limits import V2
from keys import retention

# The calls of an hour over its minutes, in slow waves of which each key has its own: so many until each minute's end.
# Only whole calls, and all of them; of the present hour as far as it has come. What came in a burst stands in its
# minute, and the calls that passed in it are none of those.
_MINUTES = """
WITH bursts AS (
    SELECT * FROM unnest(%(keys)s::bigint[], %(minutes)s::timestamptz[], %(codes)s::text[], %(calls)s::bigint[])
        AS burst(key_id, minute, code, calls)
), hours AS (
    SELECT organization_id, key_id, hour, api_version, code, sum(calls) AS whole, sum(units) AS units,
        sum(calls) - (
            SELECT coalesce(sum(burst.calls), 0) FROM bursts AS burst
            WHERE burst.key_id = counted.key_id AND date_trunc('hour', burst.minute, 'UTC') = counted.hour
                AND burst.code = counted.code AND counted.api_version = %(version)s
        ) AS calls,
        least(60, greatest(1, ceil(extract(epoch FROM %(now)s - hour) / 60)))::int AS length
    FROM keys_decisionhour AS counted WHERE hour >= %(since)s AND hour <= %(now)s
    GROUP BY organization_id, key_id, hour, api_version, code
), spread AS (
    SELECT hours.*, n,
        floor(calls * (n::float / length + 0.8 * sin(2 * pi() * wave * n / length) / (2 * pi() * wave)) + 1e-6) AS until
    FROM hours, LATERAL (SELECT 2 + key_id %% 3 AS wave) AS waves, generate_series(0, length) AS n
), parts AS (
    SELECT *, until - lag(until) OVER (PARTITION BY key_id, hour, api_version, code ORDER BY n) AS part FROM spread
)
INSERT INTO keys_decisionminute (organization_id, minute, key_id, api_version, code, calls, units)
SELECT organization_id, minute, key_id, api_version, code, sum(part), sum(round(part * units / whole)) FROM (
    SELECT organization_id, hour + (n - 1) * interval '1 minute' AS minute, key_id, api_version, code,
        part, units, whole
    FROM parts WHERE part > 0
    UNION ALL
    SELECT organization_id, minute, key_id, api_version, code, burst.calls, units, whole
    FROM bursts AS burst JOIN hours USING (key_id, code)
    WHERE api_version = %(version)s AND hour = date_trunc('hour', minute, 'UTC')
) AS told GROUP BY organization_id, minute, key_id, api_version, code
"""


def note(bursts: Sequence[Burst], *, now: datetime) -> None:
    """Count the minutes of the days for which they are kept."""
    since = (now - retention.MINUTES).replace(minute=0, second=0, microsecond=0)
    told = [(one.held.key.pk, one.minute, "VALID", one.admitted) for one in bursts]
    told += [(one.held.key.pk, one.minute, "RATE_LIMITED", one.refused) for one in bursts]
    values = {name: [one[n] for one in told] for n, name in enumerate(("keys", "minutes", "codes", "calls"))}
    with connection.cursor() as cursor:
        cursor.execute(_MINUTES, {"now": now, "since": since, "version": V2.api_version, **values})
