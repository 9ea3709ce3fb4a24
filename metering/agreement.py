"""Whether what the ledger has counted is what the gateways say they have: asked before a billing period is closed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson
from django.db import connection

from metering import periods
from metering.models import BillingPeriod

# So many hours that differ are named for each period; how many there are is counted.
MOST_NAMED = 24

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
_SOURCES = """
SELECT reported.period_id, reported.source,
    known.complete_through IS NULL OR known.complete_through < upper(period.span) AS is_behind
FROM metering_periodsource AS reported
JOIN metering_billingperiod AS period ON period.id = reported.period_id
LEFT JOIN metering_sourcecompletion AS known ON known.source = reported.source
WHERE reported.period_id = ANY (%s::bigint[]) ORDER BY reported.period_id, reported.source
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

    @property
    def matches(self) -> bool:
        """Whether every hour is counted alike, and nobody has yet to say so."""
        return not self.differing and not self.behind


@dataclass
class _Found:
    differences: list[Difference] = field(default_factory=list)
    differing: int = 0
    behind: list[str] = field(default_factory=list)
    sources: int = 0


def of_period(period: BillingPeriod) -> Agreement:
    """Compare one period."""
    return of_periods([period])[period.pk]


def of_periods(compared: Iterable[BillingPeriod]) -> dict[int, Agreement]:
    """Compare many periods with two statements; returns the agreement of each by its primary key."""
    asked = list(compared)
    found = {period.pk: _Found() for period in asked}
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(_COUNTED, [orjson.dumps([_asked(period) for period in asked]).decode(), MOST_NAMED])
            for pk, differing, *difference in cursor.fetchall():
                found[pk].differing = differing
                found[pk].differences.append(Difference(*difference))
            cursor.execute(_SOURCES, [list(found)])
            for pk, source, is_behind in cursor.fetchall():
                found[pk].sources += 1
                found[pk].behind += [source] if is_behind else []
    return {
        pk: Agreement(tuple(one.differences), one.differing, tuple(one.behind), one.sources)
        for pk, one in found.items()
    }


def _asked(period: BillingPeriod) -> dict[str, object]:
    hours = touched(periods.Span(period.span.lower, period.span.upper))
    return {"id": period.pk, "organization": period.organization_id, "since": hours.start, "until": hours.end}


def touched(span: periods.Span) -> periods.Span:
    """Return the UTC hours that the span touches, whole. Pure."""
    outward = timedelta(hours=1) - timedelta(microseconds=1)
    return periods.Span(_floor(span.start), _floor(span.end + outward))


def _floor(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
