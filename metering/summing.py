"""Sums of the days that are over, made of the hourly rollup and told apart by one thing alone, for pages about usage.

They are exact: whoever counts into a summed day, or takes from it, marks it stale in the same transaction, and a stale
day is counted row by row until it is summed anew. Under the fence of its organization nobody counts meanwhile.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from metering import causes, fences

UTC_ZONE = "UTC"
# What comes within these hours of a day's end would only make it stale.
SETTLES = timedelta(hours=2)
# Batches of an organization wait for one transaction, which sums at most so many of its days.
DAYS_AT_ONCE = 7
# Of one run, in organizations: what is new here is worked off in several, by several workers.
MOST = 2_000
# What tells apart, by the rollup's columns. The names are those of the explorer's dimensions.
TOLD = {
    "key": "key_id",
    "resolution": "resolution",
    "ratio": "aspect_ratio",
    "tier": "service_tier",
    "cause": "failure_cause",
}
_VALUES = ", ".join(f"{column}::text" for column in TOLD.values())
_TOLD = " ".join(f"WHEN grouping({column}) = 0 THEN '{name}'" for name, column in TOLD.items())


def _sum(name: str, version: str, only: str) -> str:
    return f"coalesce(sum({name}) FILTER (WHERE api_version = '{version}' AND {only}), 0)::bigint"


_OURS = f"outcome = 'failed' AND {causes.ARE_OURS}"
SUMS = {
    f"{prefix}{version}": _sum(name, version, only)
    for prefix, name, only in (
        ("", "generations", "outcome = 'succeeded'"),
        ("failed_", "generations", "outcome = 'failed'"),
        ("ours_", "generations", _OURS),
        ("units_", "units", "outcome = 'succeeded'"),
    )
    for version in ("v2", "v1")
}
PLACE = "organization_id, zone, day, local_day, period_id, original_period_id, environment"
COLUMNS = f"{PLACE}, told, value, {', '.join(SUMS)}"
# The sums of an organization's hours from `start` to `end`, in `COLUMNS`; in UTC and in one more zone where that is
# another one.
SUMMED = f"""
SELECT {PLACE}, CASE {_TOLD} ELSE '' END AS told, coalesce({_VALUES}, '') AS value,
    {", ".join(SUMS.values())}
FROM (
    SELECT usage.*, zone, (hour AT TIME ZONE 'UTC')::date AS day, (hour AT TIME ZONE zone)::date AS local_day
    FROM metering_usagehour AS usage CROSS JOIN (SELECT '{UTC_ZONE}' AS zone UNION SELECT %(zone)s) AS zones
    WHERE organization_id = %(organization)s AND hour >= %(start)s AND hour < %(end)s
) AS hours
GROUP BY {PLACE}, GROUPING SETS ((), {", ".join(f"({column})" for column in TOLD.values())})
"""  # noqa: S608 (only names of columns are put together)

# What an organization is due for. Those that were summed longest ago come first.
_DUE = """
SELECT organization.id FROM orgs_organization AS organization
LEFT JOIN metering_summedusage AS summed ON summed.organization_id = organization.id
WHERE summed.through IS NULL OR summed.through < %(last)s OR summed.zone <> organization.time_zone
    OR EXISTS (SELECT FROM metering_staleday AS stale WHERE stale.organization_id = organization.id)
ORDER BY summed.through NULLS FIRST, organization.id LIMIT %(most)s
"""
_STATE = """
SELECT organization.time_zone, summed.zone, summed.through, (
    SELECT min(day) FROM metering_usageday AS usage WHERE usage.organization_id = organization.id
), ARRAY(SELECT day FROM metering_staleday AS stale WHERE stale.organization_id = organization.id ORDER BY day)
FROM orgs_organization AS organization
LEFT JOIN metering_summedusage AS summed ON summed.organization_id = organization.id
WHERE organization.id = %s
"""
_FORGET = """
WITH sums AS (DELETE FROM metering_daysum WHERE organization_id = %(organization)s),
    stale AS (DELETE FROM metering_staleday WHERE organization_id = %(organization)s)
DELETE FROM metering_summedusage WHERE organization_id = %(organization)s
"""
_REPLACE = f"""
WITH stale AS (
    DELETE FROM metering_staleday WHERE organization_id = %(organization)s AND day >= %(first)s AND day <= %(last)s
), gone AS (
    DELETE FROM metering_daysum WHERE organization_id = %(organization)s AND day >= %(first)s AND day <= %(last)s
)
INSERT INTO metering_daysum ({COLUMNS}) SELECT * FROM ({SUMMED}) AS summed ORDER BY day, told, value
"""  # noqa: S608 (put together from what stands above)
_REACHED = """
INSERT INTO metering_summedusage (organization_id, zone, through) VALUES (%(organization)s, %(zone)s, %(last)s)
ON CONFLICT (organization_id) DO UPDATE SET through = greatest(metering_summedusage.through, excluded.through)
"""


class _State(NamedTuple):
    """An organization's zone, the zone and the day that its sums have and reach, its first day, and stale days."""

    zone: str
    summed_zone: str | None
    through: date | None
    first: date | None
    stale: Sequence[date]


def run(*, now: datetime, most: int = MOST) -> int:
    """Sum what is due, a few days of one organization at a time; returns how many transactions did."""
    last = last_day(now)
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"last": last, "most": most})
        due = [row[0] for row in cursor.fetchall()]
    done = 0
    for organization in due:
        while _sum_some(organization, last):
            done += 1
    return done


def last_day(now: datetime) -> date:
    """Return the last UTC day that is summed by then."""
    return (now.astimezone(UTC) - SETTLES).date() - timedelta(days=1)


@transaction.atomic
def _sum_some(organization: int, last: date) -> bool:
    """Sum the next days of an organization that are due; says whether there were any."""
    fences.alone(organization)
    state = _state(organization)
    if state.summed_zone not in (None, state.zone):
        _execute(_FORGET, organization)
        state = state._replace(summed_zone=None, through=None, stale=())
    stretch = _next(state, last)
    if stretch is None:
        return False
    _sum_days(organization, state.zone, *stretch)
    return True


def _next(state: _State, last: date) -> tuple[date, date] | None:
    """Return the first and the last of the days that are to be summed next: first what is new, then what is stale."""
    if state.through is not None and state.through >= last:
        return (state.stale[0], state.stale[0]) if state.stale else None
    first = state.through + timedelta(days=1) if state.through else min(state.first or last, last)
    return first, min(first + timedelta(days=DAYS_AT_ONCE - 1), last)


def _state(organization: int) -> _State:
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [organization])
        return _State(*cursor.fetchone())


def _sum_days(organization: int, zone: str, first: date, last: date) -> None:
    start, end = (datetime.combine(day, datetime.min.time(), UTC) for day in (first, last + timedelta(days=1)))
    values: dict[str, Any] = {"zone": zone, "first": first, "last": last, "start": start, "end": end}
    for statement in (_REPLACE, _REACHED):
        _execute(statement, organization, **values)


def _execute(statement: str, organization: int, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organization": organization, **values})
