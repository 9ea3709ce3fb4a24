"""How many calls were refused beside what was generated: from the exact counts by hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Q, Sum

from keys.models import DecisionHour
from keys.verdicts import Code
from metering.explorer import statements
from metering.explorer.dimensions import KEY, LEFT_OUT, ORGANIZATION, VERSION
from metering.explorer.query import Filter

# Of a refused call nobody knows the resolution, nor how it would have ended.
KNOWN = {one.name: one.column for one in (ORGANIZATION, KEY, VERSION)}
# Each key is looked up once, and not for each of its hours.
_OF_ENVIRONMENT = """
SELECT {line}, code, sum(counted)::bigint FROM ({of_keys}) AS of_keys
WHERE key_id IN (SELECT id FROM keys_apikey WHERE environment = %s) GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Refused:
    """Refused calls by line of the table, and of all of them how many for want of our capacity."""

    lines: Mapping[str, int]
    total: int
    by_capacity: int


def count(asked: Filter) -> Refused | None:
    """Count the refused calls of the time; None where the filter asks for what is not known of a call."""
    told = {name.removeprefix(LEFT_OUT) for name in asked.values}
    if not told <= {VERSION.name} or asked.is_parked or asked.original or asked.original_period or asked.is_nothing:
        return None
    rows = DecisionHour.objects.filter(_condition(asked), hour__gte=asked.span.start, hour__lt=asked.span.end)
    by = KNOWN.get(asked.lines_by)
    line = by or "code"
    of_keys = rows.exclude(code=Code.VALID).order_by().values(*{line, "code", "key_id"}).annotate(counted=Sum("calls"))
    try:
        sql, params = of_keys.query.sql_with_params()
    except EmptyResultSet:
        return Refused({}, 0, 0)
    statement = _OF_ENVIRONMENT.format(line=line, of_keys=sql)
    return _added(statements.fetch(statement, [*params, asked.environment]), has_lines=by is not None)


def _added(found: list[Any], *, has_lines: bool) -> Refused:
    lines: dict[str, int] = {}
    for line, _, calls in found:
        lines[str(line)] = lines.get(str(line), 0) + calls
    by_capacity = sum(calls for _, code, calls in found if code == Code.CAPACITY_EXHAUSTED)
    return Refused(lines if has_lines else {}, sum(lines.values()), by_capacity)


def _condition(asked: Filter) -> Q:
    found = Q()
    if asked.organization_ids is not None:
        found &= Q(organization_id__in=sorted(asked.organization_ids))
    if asked.keys is not None:
        found &= Q(key_id__in=[key.pk for key in asked.keys])
    if versions := asked.values.get(VERSION.name):
        found &= Q(api_version__in=versions)
    if versions := asked.values.get(LEFT_OUT + VERSION.name):
        found &= ~Q(api_version__in=versions)
    return found
