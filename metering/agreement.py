"""Whether what the ledger has counted is what the gateways say they have: asked before a billing period is closed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import connection

from metering import periods
from metering.models import BillingPeriod

# So many hours that differ are named for each period; how many there are is counted.
MOST_NAMED = 24
DAY = timedelta(days=1)

# The hours that touch a period, over whatever period their generations were counted in: that is what a gateway, which
# knows no periods, can count. A void has left the rollups, but the gateway's count is of what happened; what staff sent
# again after it was rejected was never answered accepted to a gateway, so that none counts it. Each period is
# compared by itself, because the hours of many at once are more than a sort or a hash keeps in memory.
_COUNTED = """
WITH asked AS (
    SELECT * FROM json_to_recordset(%s::json) AS asked(
        id bigint, organization bigint, since timestamptz, until timestamptz
    )
)
SELECT asked.id, differing.* FROM asked CROSS JOIN LATERAL (
    SELECT count(*) OVER () AS hours, hour, api_version, sum(ours)::bigint, sum(theirs)::bigint FROM (
        SELECT usage.hour, usage.api_version, usage.generations AS ours, 0::bigint AS theirs
        FROM metering_usagehour AS usage
        WHERE usage.organization_id = asked.organization AND usage.hour >= asked.since AND usage.hour < asked.until
            AND usage.environment = 'live' AND usage.outcome = 'succeeded'
        UNION ALL
        SELECT void.hour, void.api_version, 1, 0
        FROM metering_adjustment AS void
        WHERE void.organization_id = asked.organization AND void.hour >= asked.since AND void.hour < asked.until
            AND void.kind = 'void' AND void.environment = 'live' AND void.outcome = 'succeeded'
        UNION ALL
        SELECT date_trunc('hour', late.occurred_at, 'UTC'), late.api_version, -1, 0
        FROM metering_rejectedgeneration AS sent
        JOIN metering_generation AS late ON late.generation_id =
            CASE WHEN sent.resolution = 'retried' THEN sent.generation_id::uuid END
        WHERE sent.organization_id = asked.organization AND sent.resolution = 'retried'
            AND sent.resolved_reason LIKE 'accepted%%' AND late.organization_id = asked.organization
            AND late.occurred_at >= asked.since AND late.occurred_at < asked.until
            AND late.environment = 'live' AND late.outcome = 'succeeded'
        UNION ALL
        SELECT total.hour, total.api_version, 0, total.succeeded
        FROM metering_controltotal AS total
        WHERE total.organization_id = asked.organization AND total.hour >= asked.since AND total.hour < asked.until
    ) AS counts
    GROUP BY hour, api_version HAVING sum(ours) <> sum(theirs) ORDER BY hour, api_version LIMIT %s
) AS differing
ORDER BY asked.id, differing.hour, differing.api_version
"""
# What a comparison depends on, as one text: as long as it is the same, so is what was found. Everything in it only
# grows, but for what a void takes from the rollups, and that is counted by itself: so that nothing makes up for
# something else. It is read before the hours are, so that what is counted in between is compared once more.
_MARKED = """
WITH asked AS (
    SELECT * FROM json_to_recordset(%s::json) AS asked(
        id bigint, organization bigint, since timestamptz, until timestamptz, first date, last date
    )
)
SELECT asked.id, mark.said, coalesce(found.differing = 0 AND found.compared = mark.said, false), source.*
FROM asked LEFT JOIN metering_periodcheck AS found ON found.period_id = asked.id
CROSS JOIN LATERAL (
    SELECT concat_ws(' ', asked.since, asked.until, (
        SELECT coalesce(sum(generations), 0) FROM metering_usageday
        WHERE organization_id = asked.organization AND day >= asked.first AND day < asked.last
            AND environment = 'live' AND outcome = 'succeeded'
    ), (
        SELECT coalesce(sum(generations), 0) FROM metering_usagehour
        WHERE organization_id = asked.organization AND hour >= asked.since AND hour < asked.first AT TIME ZONE 'UTC'
            AND environment = 'live' AND outcome = 'succeeded'
    ), (
        SELECT coalesce(sum(generations), 0) FROM metering_usagehour
        WHERE organization_id = asked.organization AND hour >= asked.last AT TIME ZONE 'UTC' AND hour < asked.until
            AND environment = 'live' AND outcome = 'succeeded'
    ), (
        SELECT count(*) FROM metering_adjustment WHERE organization_id = asked.organization AND kind = 'void'
    ), (
        SELECT count(*) FROM metering_rejectedgeneration
        WHERE organization_id = asked.organization AND resolution = 'retried'
    ), (
        SELECT coalesce(sum(changes), 0) FROM metering_toldday
        WHERE organization_id = asked.organization AND day >= (asked.since AT TIME ZONE 'UTC')::date
            AND day < asked.until AT TIME ZONE 'UTC'
    ))
) AS mark(said)
CROSS JOIN LATERAL (
    SELECT count(*), coalesce(array_agg(reported.source ORDER BY reported.source) FILTER (
        WHERE known.complete_through IS NULL OR known.complete_through < upper(period.span)
    ), '{}')
    FROM metering_periodsource AS reported
    JOIN metering_billingperiod AS period ON period.id = reported.period_id
    LEFT JOIN metering_sourcecompletion AS known ON known.source = reported.source
    WHERE reported.period_id = asked.id
) AS source(sources, behind)
"""


class Difference(NamedTuple):
    """An hour of a version that the gateways count otherwise."""

    hour: datetime
    api_version: str
    ours: int
    theirs: int


@dataclass(frozen=True)
class Agreement:
    """What gateways say of a period. `behind` are sources that have not told everything up to its end."""

    differences: Sequence[Difference] = ()
    # Of how many hours the first ones are named.
    differing: int = 0
    behind: Sequence[str] = ()
    sources: int = 0
    # What the comparison depends on, so that `PeriodCheck` can tell whether it would find the same again.
    compared: str = ""

    @property
    def matches(self) -> bool:
        """Whether every hour is counted alike, and nobody has yet to say so."""
        return not self.differing and not self.behind


def of_period(period: BillingPeriod) -> Agreement:
    """Compare one period."""
    return of_periods([period])[period.pk]


def of_periods(compared: Iterable[BillingPeriod]) -> dict[int, Agreement]:
    """Compare many periods with two statements; returns the agreement of each by its primary key.

    Hours that agreed when the period was last looked at, and that nothing was counted, told or taken back in since,
    are not read again.
    """
    asked = {period.pk: _asked(period) for period in compared}
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_MARKED, [_written(asked.values())])
        marked = cursor.fetchall()
        anew = [asked[pk] for pk, _, is_same, *_ in marked if not is_same]
        found = _differences(cursor, anew) if anew else {}
    return {
        pk: Agreement(*found.get(pk, ((), 0)), tuple(behind), sources, mark) for pk, mark, _, sources, behind in marked
    }


def _differences(cursor: Any, asked: Sequence[Mapping[str, object]]) -> dict[int, tuple[tuple[Difference, ...], int]]:
    """Compare the hours; returns the first that differ and how many do, of the periods in which any does."""
    cursor.execute(_COUNTED, [_written(asked), MOST_NAMED])
    found: dict[int, tuple[tuple[Difference, ...], int]] = {}
    for pk, differing, *difference in cursor.fetchall():
        earlier, _ = found.get(pk, ((), 0))
        found[pk] = (*earlier, Difference(*difference)), differing
    return found


def _written(asked: Iterable[Mapping[str, object]]) -> str:
    return orjson.dumps(list(asked)).decode()


def _asked(period: BillingPeriod) -> dict[str, object]:
    """The hours of a period, and the UTC days that lie in them from the first to before the last."""
    hours = touched(periods.Span(period.span.lower, period.span.upper))
    first = (hours.start + DAY - timedelta(microseconds=1)).date()
    return {
        "id": period.pk,
        "organization": period.organization_id,
        "since": hours.start,
        "until": hours.end,
        "first": first,
        "last": max(first, hours.end.date()),
    }


def touched(span: periods.Span) -> periods.Span:
    """Return the UTC hours that the span touches, whole. Pure."""
    outward = timedelta(hours=1) - timedelta(microseconds=1)
    return periods.Span(_floor(span.start), _floor(span.end + outward))


def _floor(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
