"""Days whose figures are not what the ledger says any more are computed anew: late reports and voids are taken in.

A day is due where its counts differ from the daily rollup, which is exact at every commit, or from the hourly counts of
refusals. Whoever computes it reads both and the ledger in one statement: afterwards nothing differs, however often and
by however many workers it is done.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from metering import causes, histograms
from metering.models import generations

# Today and the days whose reports still come in; and everything that a month's page or a brief shows.
LATELY, ALL = timedelta(days=2), timedelta(days=396)
# Of one run: a ledger that is new here is worked off in several.
MOST = 5_000
# Days that follow each other are computed together, up to so many.
MONTH = 31
# The part of the advisory locks that is this sweep's.
_SPACE = 78 << 48
_DAY = timedelta(days=1)

_COUNTED = f"""
counted AS (
    SELECT organization_id, day, api_version,
        coalesce(sum(generations) FILTER (WHERE outcome = 'succeeded'), 0) AS succeeded,
        coalesce(sum(generations) FILTER (
            WHERE outcome = 'failed' AND {causes.ARE_OURS}), 0) AS bad,
        coalesce(sum(generations) FILTER (
            WHERE outcome = 'failed' AND {causes.ARE_THEIRS}), 0) AS excluded
    FROM metering_usageday WHERE environment = 'live' AND {{usage}} GROUP BY 1, 2, 3
), turned_away AS (
    SELECT hours.organization_id, (hour AT TIME ZONE 'UTC')::date AS day, hours.api_version, sum(calls) AS refused
    FROM keys_decisionhour AS hours JOIN keys_apikey AS key ON key.id = hours.key_id AND key.environment = 'live'
    WHERE code = 'CAPACITY_EXHAUSTED' AND hours.api_version IN ('v1', 'v2') AND {{refusals}} GROUP BY 1, 2, 3
), now AS (
    SELECT organization_id, day, api_version, coalesce(succeeded, 0) AS succeeded, coalesce(bad, 0) AS bad,
        coalesce(excluded, 0) AS excluded, coalesce(refused, 0) AS refused
    FROM counted FULL JOIN turned_away USING (organization_id, day, api_version)
)
"""  # noqa: S608 (the conditions are written by us)

_DUE = """
WITH {counted}
SELECT DISTINCT organization_id, day
FROM now LEFT JOIN metering_sladay AS known USING (organization_id, day, api_version)
WHERE (now.succeeded, now.bad, now.excluded, now.refused)
    IS DISTINCT FROM (coalesce(known.succeeded, 0), coalesce(known.bad, 0),
        coalesce(known.excluded, 0), coalesce(known.refused, 0))
ORDER BY day DESC, organization_id LIMIT %(most)s
""".format(
    counted=_COUNTED.format(usage="day >= %(since)s", refusals="hour >= %(since)s::date::timestamp AT TIME ZONE 'UTC'")
)

_TOOK = f"ceil(ln(greatest({{milliseconds}}, 1)::float8) / ln({histograms.WIDTH}::float8))::int"
_COMPUTE = """
WITH {counted}, measured AS (
    SELECT (occurred_at AT TIME ZONE 'UTC')::date AS day, api_version, duration_ms, stages
    FROM metering_generation AS generation
    WHERE organization_id = %(organization)s AND generation_id >= %(low)s AND generation_id < %(high)s
        AND occurred_at >= %(start)s AND occurred_at < %(end)s AND environment = 'live' AND outcome = 'succeeded'
        AND NOT EXISTS (
            SELECT FROM metering_adjustment AS adjustment
            WHERE adjustment.kind = 'void' AND adjustment.generation_id = generation.generation_id)
), durations AS (
    SELECT day, api_version, jsonb_object_agg(bucket, many) AS histogram FROM (
        SELECT day, api_version, {duration} AS bucket, count(*) AS many
        FROM measured WHERE duration_ms IS NOT NULL GROUP BY 1, 2, 3) AS buckets GROUP BY 1, 2
), stages AS (
    SELECT day, api_version, jsonb_object_agg(stage, histogram) AS histograms FROM (
        SELECT day, api_version, stage, jsonb_object_agg(bucket, many) AS histogram FROM (
            SELECT day, api_version, stage, {stage} AS bucket, count(*) AS many
            FROM measured CROSS JOIN LATERAL jsonb_each(stages) AS reported(stage, milliseconds)
            WHERE jsonb_typeof(stages) = 'object' AND jsonb_typeof(milliseconds) = 'number' GROUP BY 1, 2, 3, 4
        ) AS buckets GROUP BY 1, 2, 3) AS each GROUP BY 1, 2
)
INSERT INTO metering_sladay AS known
    (organization_id, day, api_version, succeeded, bad, excluded, refused, durations, stages)
SELECT organization_id, day, api_version, succeeded, bad, excluded, refused,
    coalesce(durations.histogram, '{{}}'), coalesce(stages.histograms, '{{}}')
FROM now LEFT JOIN durations USING (day, api_version) LEFT JOIN stages USING (day, api_version)
ON CONFLICT (organization_id, day, api_version) DO UPDATE SET
    succeeded = excluded.succeeded, bad = excluded.bad, excluded = excluded.excluded, refused = excluded.refused,
    durations = excluded.durations, stages = excluded.stages
""".format(  # noqa: S608 (put together from what stands above)
    counted=_COUNTED.format(
        usage="organization_id = %(organization)s AND day BETWEEN %(first)s AND %(last)s",
        refusals="hours.organization_id = %(organization)s AND hour >= %(start)s AND hour < %(end)s",
    ),
    duration=_TOOK.format(milliseconds="duration_ms"),
    stage=_TOOK.format(milliseconds="(milliseconds #>> '{}')::numeric"),
)


def run(*, now: datetime, back: timedelta = ALL, most: int = MOST) -> int:
    """Compute the days that are due, the latest first, and return how many were; what another worker has, it leaves."""
    since = (now - back).astimezone(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"since": since, "most": most})
        due = cursor.fetchall()
    by_organization: dict[int, list[date]] = {}
    for organization, day in due:
        by_organization.setdefault(organization, []).append(day)
    return sum(len(days) for organization, days in by_organization.items() if _compute(organization, days))


def lock_of(organization: int) -> int:
    """Return the advisory lock that a worker holds while it computes days of this organization."""
    return _SPACE + organization


@transaction.atomic
def _compute(organization: int, days: Iterable[date]) -> bool:
    with connection.cursor() as cursor:
        # A second worker would write the same, or what it read a moment before.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s::bigint)", [lock_of(organization)])
        if not cursor.fetchone()[0]:
            return False
        for first, last in _stretches(days):
            start, end = (datetime.combine(day, time.min, UTC) for day in (first, last + _DAY))
            low, high = generations.ids_between(start, end)
            span: dict[str, Any] = {"first": first, "last": last, "start": start, "end": end, "low": low, "high": high}
            cursor.execute(_COMPUTE, {**span, "organization": organization})
    return True


def _stretches(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last of days that follow each other, a month of them at most."""
    found: list[list[date]] = []
    for day in sorted(days):
        if found and day - found[-1][-1] == _DAY and len(found[-1]) < MONTH:
            found[-1].append(day)
        else:
            found.append([day])
    return ((row[0], row[-1]) for row in found)
