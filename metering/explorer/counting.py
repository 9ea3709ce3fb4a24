"""Counts usage in one statement: each bar by what it is coloured, and each line of the table with its course."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction

from metering.explorer import grains, sources
from metering.explorer.dimensions import BY_NAME
from metering.explorer.query import Filter
from metering.explorer.sources import Part
from metering.models import UsageDay

# What does not stand among the first is drawn as one.
MOST_SERIES = 4
_PIVOT = {
    "v2": ("n", "outcome = 'succeeded' AND api_version = 'v2'"),
    "v1": ("n", "outcome = 'succeeded' AND api_version = 'v1'"),
    "failed_v2": ("n", "outcome = 'failed' AND api_version = 'v2'"),
    "failed_v1": ("n", "outcome = 'failed' AND api_version = 'v1'"),
    "ours": ("ours", "outcome = 'failed'"),
    "units": ("units", "outcome = 'succeeded'"),
}
_SUMS = ", ".join(f"coalesce(sum({name}) FILTER (WHERE {only}), 0)::bigint" for name, only in _PIVOT.values())
_PART = (
    "SELECT {slot} AS slot, {series} AS series, {line} AS line, api_version, outcome, failure_cause, generations, units"
)

# The rollup is read once, and put together by nothing more than is asked for; the few rows left are added up twice.
_COUNT = """
WITH counted AS MATERIALIZED (
    SELECT slot, series, line, api_version, outcome, sum(generations)::bigint AS n, sum(units)::bigint AS units,
        (sum(generations) FILTER (WHERE failure_cause IN ('engine', 'timeout')))::bigint AS ours
    FROM ({base}) AS base GROUP BY slot, series, line, api_version, outcome
), largest AS (
    SELECT series FROM counted {only} GROUP BY series HAVING sum(n) <> 0 ORDER BY sum(n) DESC, series LIMIT %s
)
SELECT slot::bigint, largest.series::text, NULL, NULL, {sums}
FROM counted LEFT JOIN largest ON largest.series = counted.series GROUP BY slot, largest.series
UNION ALL
SELECT NULL, NULL, line::text, string_agg(slot || ':' || n, ' ') {filter}, {sums} FROM counted GROUP BY line
"""
# Compiling the statement would take longer than running it; and tens of thousands of groups need no disk.
_PREPARE = "SELECT set_config('jit', 'off', true), set_config('work_mem', '32MB', true)"
_SUCCEEDED = "WHERE outcome = 'succeeded'"


@dataclass(slots=True)
class Sums:
    """Succeeded and failed generations by version, the failed ones that were our fault, and cost units."""

    v2: int = 0
    v1: int = 0
    failed_v2: int = 0
    failed_v1: int = 0
    ours: int = 0
    units: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        # Written out: a page adds up thousands.
        return Sums(
            self.v2 + other.v2,
            self.v1 + other.v1,
            self.failed_v2 + other.failed_v2,
            self.failed_v1 + other.failed_v1,
            self.ours + other.ours,
            self.units + other.units,
        )

    @property
    def generations(self) -> int:
        return self.v2 + self.v1

    @property
    def failures(self) -> int:
        return self.failed_v2 + self.failed_v1

    @property
    def attempts(self) -> int:
        return self.generations + self.failures

    def value(self, *, attempts: bool) -> int:
        """Return what a bar or a sum shows: the succeeded ones, or all of them."""
        return self.attempts if attempts else self.generations

    def of_version(self, version: str, *, attempts: bool) -> int:
        """Return the same of one version."""
        succeeded, failed = (self.v2, self.failed_v2) if version == "v2" else (self.v1, self.failed_v1)
        return succeeded + failed if attempts else succeeded


@dataclass(frozen=True)
class Counted:
    """Sums by bar (None: before the first one, of late generations) and series (None: all others), and by line.

    A line's `course` are its values by bar, as `ordinal:value`.
    """

    slots: Mapping[int | None, Mapping[str | None, Sums]]
    lines: Mapping[str, Sums]
    courses: Mapping[str, str]

    @property
    def total(self) -> Sums:
        return added(self.lines.values())

    def slot(self, ordinal: int | None) -> Sums:
        """Return the sum of one bar."""
        return added(self.slots.get(ordinal, {}).values())

    def course(self, line: str, ordinals: Sequence[int]) -> list[int]:
        """Return a line's values, bar by bar."""
        values = dict.fromkeys(ordinals, 0)
        for pair in self.courses.get(line, "").split():
            ordinal, _, value = pair.partition(":")
            if int(ordinal) in values:
                values[int(ordinal)] += int(value)
        return list(values.values())


def added(parts: Iterable[Sums]) -> Sums:
    """Add up some sums."""
    return sum(parts, Sums())


def count(asked: Filter, *, most: int = MOST_SERIES) -> Counted:
    """Count what the filter asks for; of more series than `most` the smallest are one."""
    try:
        parts = [_part(asked, part) for part in sources.counted(asked)]
    except EmptyResultSet:
        return Counted({}, {}, {})
    only = "" if asked.counts_attempts else _SUCCEEDED
    base = " UNION ALL ".join(sql for sql, _ in parts)
    statement = _COUNT.format(base=base, only=only, filter=f"FILTER ({only})" if only else "", sums=_SUMS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PREPARE)
        cursor.execute(statement, [*(one for _, params in parts for one in params), most])
        return _read(cursor.fetchall())


def _part(asked: Filter, part: Part) -> tuple[str, list[Any]]:
    """Return one source as SQL: each row with its bar, its series and its line."""
    sql, params = part.rows.order_by().values().query.sql_with_params()
    slot, zone = _slot(asked, part)
    columns = {"slot": slot, "series": BY_NAME[asked.by].column, "line": BY_NAME[asked.lines_by].column}
    return f"{_PART.format(**columns)} FROM ({sql}) AS rollup", [*zone, *params]


def _slot(asked: Filter, part: Part) -> tuple[str, list[str]]:
    """Return the expression that counts a row's bar as `grains` does, and its parameters."""
    if part.is_before:
        return "NULL::bigint", []
    if asked.grain == grains.HOUR:
        return "extract(epoch FROM hour)::bigint / 3600", []
    is_of_days = part.rows.model is UsageDay
    day = "day" if is_of_days else "(hour AT TIME ZONE %s)"
    if asked.grain == grains.MONTH:
        months = f"(extract(year FROM {day}) * 12 + extract(month FROM {day}))::bigint"
        return months, [] if is_of_days else [str(asked.zone)] * 2
    return f"({day}::date - DATE '0001-01-01' + 1)::bigint", [] if is_of_days else [str(asked.zone)]


def _read(rows: Sequence[Any]) -> Counted:
    slots: dict[int | None, dict[str | None, Sums]] = {}
    lines: dict[str, Sums] = {}
    courses: dict[str, str] = {}
    for slot, series, line, course, *sums in rows:
        if line is None:
            slots.setdefault(slot, {})[series] = Sums(*sums)
        else:
            lines[line], courses[line] = Sums(*sums), course or ""
    return Counted(slots, lines, courses)
