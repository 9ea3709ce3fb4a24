"""Counts usage in one statement: each bar by what it is coloured, and each line of the table with its course."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet

from metering import causes
from metering.explorer import grains, sources, statements, sums
from metering.explorer.dimensions import BY_NAME
from metering.explorer.query import Filter
from metering.explorer.sources import Part
from metering.explorer.sums import Told
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
_PIVOTED = ", ".join(
    f"coalesce(sum({name}) FILTER (WHERE {only}), 0)::bigint AS {column}" for column, (name, only) in _PIVOT.items()
)
_SUMS = ", ".join(f"sum({column})::bigint" for column in _PIVOT)
_COLUMNS = ", ".join(_PIVOT)
_PART = (
    "SELECT {slot} AS slot, {series} AS series, {line} AS line, api_version, outcome, failure_cause, generations, units"
)

# A rollup is read once, and put together by nothing more than is asked for, as the sums of days are already; the few
# rows left are added up twice.
_COUNT = f"""
WITH rolled AS (
    SELECT slot, series, line, api_version, outcome, sum(generations)::bigint AS n, sum(units)::bigint AS units,
        (sum(generations) FILTER (WHERE {causes.ARE_OURS}))::bigint AS ours
    FROM ({{base}}) AS base GROUP BY slot, series, line, api_version, outcome
), counted AS MATERIALIZED (
    SELECT * FROM (
        SELECT slot::bigint, series::text, line::text, {_PIVOTED} FROM rolled GROUP BY slot, series, line
        {{summed}}
    ) AS both_of_them WHERE ({_COLUMNS}) <> ({", ".join("0" for _ in _PIVOT)})
), largest AS (
    SELECT series FROM counted GROUP BY series HAVING sum({{shown}}) <> 0 ORDER BY sum({{shown}}) DESC, series LIMIT %s
)
SELECT slot, largest.series, NULL, NULL, {_SUMS}
FROM counted LEFT JOIN largest ON largest.series = counted.series GROUP BY slot, largest.series
UNION ALL
SELECT NULL, NULL, line, string_agg(slot || ':' || {{shown}}, ' '), {_SUMS} FROM counted GROUP BY line
"""  # noqa: S608 (only names of columns are put together)
_SUCCEEDED, _ALL = "(v2 + v1)", "(v2 + v1 + failed_v2 + failed_v1)"


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
    told = sums.of(asked)
    try:
        parts = [_part(asked, part, told) for part in sources.counted(asked)]
        summed = [sums.select(asked, told, part) for part in sums.summed(asked, told)] if told else []
    except EmptyResultSet:
        return Counted({}, {}, {})
    statement = _COUNT.format(
        base=" UNION ALL ".join(sql for sql, _ in parts),
        summed="".join(f"UNION ALL {sql}" for sql, _ in summed),
        shown=_ALL if asked.counts_attempts else _SUCCEEDED,
    )
    params = [one for _, each in [*parts, *summed] for one in each]
    return _read(statements.fetch(statement, [*params, most]))


def _part(asked: Filter, part: Part, told: Told | None) -> tuple[str, list[Any]]:
    """Return one source as SQL, each row with its bar, its series and its line: all of it, or what no sum holds."""
    if told:
        source, params = sums.bare(asked, told, part.rows)
    else:
        sql, found = part.rows.order_by().values().query.sql_with_params()
        source, params = f"({sql}) AS rollup", list(found)
    slot, zone = _slot(asked, part)
    columns = {"slot": slot, "series": BY_NAME[asked.by].column, "line": BY_NAME[asked.lines_by].column}
    return f"{_PART.format(**columns)} FROM {source}", [*zone, *params]


def _slot(asked: Filter, part: Part) -> tuple[str, list[str]]:
    """Return the expression that counts a row's bar as `grains` does, and its parameters."""
    if part.is_before:
        return "NULL::bigint", []
    if asked.grain == grains.HOUR:
        return "extract(epoch FROM hour)::bigint / 3600", []
    if part.rows.model is UsageDay:
        return grains.ordinal_in_sql(asked.grain, "day"), []
    slot = grains.ordinal_in_sql(asked.grain, "(hour AT TIME ZONE %s)")
    return slot, [str(asked.zone)] * slot.count("%s")


def _read(rows: Sequence[Any]) -> Counted:
    slots: dict[int | None, dict[str | None, Sums]] = {}
    lines: dict[str, Sums] = {}
    courses: dict[str, str] = {}
    for slot, series, line, course, *summed in rows:
        if line is None:
            slots.setdefault(slot, {})[series] = Sums(*summed)
        else:
            lines[line], courses[line] = Sums(*summed), course or ""
    return Counted(slots, lines, courses)
