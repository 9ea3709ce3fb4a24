"""Usage from the sums of days that are over, wherever these tell apart what a filter asks for; else from the rollups.

Sums and what is not summed, or not any more, are read by one statement: together they are each generation once.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from metering import summing
from metering.explorer import grains, sources, spans
from metering.explorer.dimensions import BY_NAME, KEY, LEFT_OUT, ORGANIZATION, OUTCOME, VERSION, Dimension
from metering.explorer.query import Filter
from metering.explorer.sources import Part
from metering.models import DaySum, UsageDay

# Every sum tells these apart: by its row, and by its columns.
ALWAYS = {ORGANIZATION.name, VERSION.name, OUTCOME.name}
# The stretches of days that no sum holds, by organization: after the last one, and those that are stale.
_BARE = """
SELECT one.id AS whose, coalesce(through + 1, '-infinity'::date) AS since, 'infinity'::date AS until
FROM orgs_organization AS one
LEFT JOIN metering_summedusage AS summed ON summed.organization_id = one.id AND %s IN ('UTC', summed.zone)
WHERE %s::bigint[] IS NULL OR one.id = ANY (%s::bigint[])
UNION ALL
SELECT organization_id, day, day + 1
FROM metering_staleday JOIN metering_summedusage AS summed USING (organization_id)
WHERE day <= through AND %s IN ('UTC', summed.zone) AND (%s::bigint[] IS NULL OR organization_id = ANY (%s::bigint[]))
"""
_DAYS = "day >= since AND day < until"
_HOURS = "hour >= since::timestamp AT TIME ZONE 'UTC' AND hour < until::timestamp AT TIME ZONE 'UTC'"
# Without OFFSET, a planner might read the whole rollup, and not the few days at its end.
_NARROWED = """
({bare}) AS bare CROSS JOIN LATERAL (
    SELECT * FROM ({rows}) AS rollup WHERE organization_id = whose AND {within} OFFSET 0
) AS rollup
"""
# Keys and organizations have one sum for nearly every day: grouping these would cost more than it leaves out, and what
# stands twice is added up all the same.
_TOGETHER, _SINGLE = "GROUP BY 1, 2, 3", {KEY.name, ORGANIZATION.name}
# A day's columns as a row, or as one for each value where these columns are what usage is grouped by.
_WHOLE = "(series, v2, v1, failed_v2, failed_v1, ours_v2 + ours_v1, units_v2 + units_v1)"
_APART = {
    VERSION.name: "('v2', v2, 0, failed_v2, 0, ours_v2, units_v2), ('v1', 0, v1, 0, failed_v1, ours_v1, units_v1)",
    OUTCOME.name: "('succeeded', v2, v1, 0, 0, 0, units_v2 + units_v1),"
    " ('failed', 0, 0, failed_v2, failed_v1, ours_v2 + ours_v1, 0)",
}
_SELECT = """
SELECT slot, part.series, {line}, part.v2, part.v1, part.failed_v2, part.failed_v1, ours, units FROM (
    SELECT {slot} AS slot, {series} AS series, {grouped} AS line, {sums} FROM ({rows}) AS kept
    WHERE NOT EXISTS (
        SELECT FROM metering_staleday AS stale
        WHERE stale.organization_id = kept.organization_id AND stale.day = kept.day
    ) {together}
) AS whole CROSS JOIN LATERAL (VALUES {parts}) AS part (series, v2, v1, failed_v2, failed_v1, ours, units)
"""


class Told(NamedTuple):
    """Which sums answer a filter: those told apart by one thing, "" for none, in one zone."""

    by: str
    zone: str

    @property
    def day(self) -> str:
        """The column that says which day of the zone a sum belongs to."""
        return "day" if self.zone == summing.UTC_ZONE else "local_day"


def of(asked: Filter) -> Told | None:
    """Return which sums answer the filter; None where only the rollups do."""
    apart = {asked.by, asked.lines_by, *(name.removeprefix(LEFT_OUT) for name in asked.values)}
    apart |= {KEY.name} if asked.keys is not None else set()
    apart -= ALWAYS
    if asked.grain == grains.HOUR or len(apart) > 1:
        return None
    by = next(iter(apart), "")
    if sources.are_utc_days(asked):
        return Told(by, summing.UTC_ZONE)
    return Told(by, str(asked.zone)) if _are_local_days(asked) else None


def summed(asked: Filter, told: Told) -> list[Part]:
    """Return the rows of sums that count for the filter, its API version and outcome apart: these are columns."""
    rows = DaySum.objects.filter(_condition(asked), zone=told.zone, told=told.by)
    if asked.is_timed:
        return [Part(rows.filter(**{f"{told.day}__range": _days(asked)}))]
    return [
        Part(rows.filter(original_period_id=None)),
        Part(rows.filter(original_period_id__isnull=False), is_before=True),
    ]


def select(asked: Filter, told: Told, part: Part) -> tuple[str, list[Any]]:
    """Return such rows as SQL: bar, series, line, and what stands in them of the versions and outcomes asked for."""
    sql, params = part.rows.order_by().values().query.sql_with_params()
    is_single = asked.lines_by in _SINGLE
    columns = {
        "slot": "NULL::bigint" if part.is_before else grains.ordinal_in_sql(asked.grain, told.day),
        "series": _column(asked.by),
        "grouped": _column(asked.lines_by),
        "line": "part.series" if asked.lines_by in _APART else "line",
        "sums": ", ".join(_sums(asked, apart=is_single)),
        "together": "" if is_single else _TOGETHER,
        "rows": sql,
        "parts": _APART.get(asked.by, _WHOLE),
    }
    return _SELECT.format(**columns), list(params)


def bare(asked: Filter, told: Told, rows: QuerySet[Any]) -> tuple[str, list[Any]]:
    """Narrow rows of a rollup to what no sum holds; returns it as SQL that stands in a FROM."""
    ids = sorted(asked.organization_ids) if asked.organization_ids is not None else None
    sql, params = rows.order_by().values().query.sql_with_params()
    each = [told.zone, ids, ids]
    narrowed = _NARROWED.format(bare=_BARE, rows=sql, within=_DAYS if rows.model is UsageDay else _HOURS)
    return narrowed, [*each, *each, *params]


def _condition(asked: Filter) -> Q:
    found = asked.whose
    if asked.keys is not None:
        found &= Q(value__in=[str(key.pk) for key in asked.keys])
    for name, values in asked.values.items():
        dimension = BY_NAME[name.removeprefix(LEFT_OUT)]
        if dimension.name not in ALWAYS:
            listed = Q(value__in=[dimension.stored(value) for value in values])
            found &= ~listed if name.startswith(LEFT_OUT) else listed
    return found


def _days(asked: Filter) -> tuple[Any, Any]:
    """The first and the last day of the span, in its zone."""
    return asked.span.start.astimezone(asked.zone).date(), (asked.span.end - spans.HOUR).astimezone(asked.zone).date()


def _are_local_days(asked: Filter) -> bool:
    """Say whether the span is made of whole days of its own zone, each from its first whole UTC hour."""
    if not asked.is_timed:
        return True
    zone: ZoneInfo = asked.zone
    first, last = _days(asked)
    return (spans.begin(first, zone), spans.begin(last + spans.DAY, zone)) == (asked.span.start, asked.span.end)


def _column(name: str) -> str:
    """Return the column that a dimension is told by; NULL where it is told by several of them."""
    if name in _APART:
        return "NULL::text"
    return "organization_id::text" if name == ORGANIZATION.name else "value"


def _sums(asked: Filter, *, apart: bool) -> Iterator[str]:
    """Yield each column's sum, or row by row what stands there; 0 where version or outcome is not asked for."""
    versions, outcomes = _values(asked, VERSION), _values(asked, OUTCOME)
    for version in ("v2", "v1"):
        for column, outcome in (("", "succeeded"), ("failed_", "failed"), ("ours_", "failed"), ("units_", "succeeded")):
            name = f"{column}{version}"
            is_asked = version in versions and outcome in outcomes
            value = f"{name}::bigint" if apart else f"sum({name})::bigint"
            yield f"{value if is_asked else '0::bigint'} AS {name}"


def _values(asked: Filter, dimension: Dimension) -> set[str]:
    named = asked.values.get(dimension.name) or tuple(dict(dimension.choices))
    return set(named) - set(asked.values.get(LEFT_OUT + dimension.name, ()))
