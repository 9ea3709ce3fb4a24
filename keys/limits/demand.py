"""The calls of an organization's last days, minute by minute, as one statement of the database counts them.

Of a longer time hours are what is kept: they stand in the places of minutes then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from keys.verdicts import Code

LENGTH = timedelta(days=7)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# By which kind of limit a call was refused that would else have been admitted.
REFUSED_BY = {Code.RATE_LIMITED: "rate", Code.QUOTA_EXCEEDED: "window", Code.CONCURRENCY_LIMITED: "concurrency"}

# Of minutes sums of ints, which the database adds up in a third of the time: the tally holds no more in one.
# A row for each version and key that is asked for by itself, with a number for each minute in which something came;
# `hits` has a bit for each kind of limit that refused.
_COUNTED = """
WITH counted AS MATERIALIZED (
    SELECT api_version, CASE WHEN key_id = ANY(%(keys)s) THEN key_id END AS key_id, {time} AS time,
        sum(calls::{number})::bigint AS calls, sum(units::{number})::bigint AS units,
        sum(CASE code WHEN 'VALID' THEN calls::{number} ELSE 0 END)::bigint AS admitted,
        bit_or(CASE code WHEN 'VALID' THEN 0 WHEN 'RATE_LIMITED' THEN 1 WHEN 'QUOTA_EXCEEDED' THEN 2 ELSE 4 END) AS hits
    FROM {table}
    WHERE organization_id = %(organization)s AND {time} >= %(since)s AND {time} < %(until)s
        AND code IN ('VALID', 'RATE_LIMITED', 'QUOTA_EXCEEDED', 'CONCURRENCY_LIMITED')
    GROUP BY 1, 2, 3
)
SELECT api_version, key_id,
    array_agg((extract(epoch FROM time)::bigint - extract(epoch FROM %(since)s)::bigint)::int / {seconds}),
    array_agg(calls), array_agg(units), array_agg(admitted), array_agg(hits)
FROM counted GROUP BY api_version, key_id
"""
_MINUTES = _COUNTED.format(table="keys_decisionminute", time="minute", number="int", seconds=60)
_HOURS = _COUNTED.format(table="keys_decisionhour", time="hour", number="bigint", seconds=3600)
_REFUSED = """
SELECT api_version, CASE WHEN key_id = ANY(%(keys)s) THEN key_id END, code, limit_name,
    (extract(epoch FROM hour - %(since)s) / 3600)::int, sum(calls)::bigint
FROM keys_decisionhour
WHERE organization_id = %(organization)s AND hour >= %(since)s AND hour < %(until)s
    AND code IN ('RATE_LIMITED', 'QUOTA_EXCEEDED', 'CONCURRENCY_LIMITED')
GROUP BY 1, 2, 3, 4, 5
"""
_USED = """
SELECT api_version, CASE WHEN key_id = ANY(%(keys)s) THEN key_id END, sum(calls)::bigint, sum(units)::bigint
FROM keys_decisionhour
WHERE organization_id = %(organization)s AND hour >= %(start)s AND hour < %(since)s AND code = 'VALID'
GROUP BY 1, 2
"""

# The version of calls, and the key where it is asked for by itself.
Callers = tuple[str, int | None]


@dataclass
class Calls:
    """Calls by minute: all that came, with their cost units, and those that passed; and the minutes with refusals."""

    calls: list[int]
    units: list[int]
    admitted: list[int]
    hits: Mapping[str, frozenset[int]]

    @classmethod
    def summed(cls, several: Sequence["Calls"], length: int) -> "Calls":
        """Return the calls of several together, of so many minutes."""
        if len(several) == 1:
            return several[0]
        return cls(
            added([one.calls for one in several], length),
            added([one.units for one in several], length),
            added([one.admitted for one in several], length),
            {kind: frozenset().union(*(one.hits[kind] for one in several)) for kind in REFUSED_BY.values()},
        )


class Refused(NamedTuple):
    """Calls that one limit refused in an hour, counted from the first one."""

    callers: Callers
    kind: str
    limit_name: str
    hour: int
    calls: int


@dataclass(frozen=True)
class Demand:
    """What came in the minutes since ≤ t < until, by version and key; with another `step` they are hours."""

    organization: int
    keys: Sequence[int]
    since: datetime
    until: datetime
    by_callers: Mapping[Callers, Calls]
    refused: Sequence[Refused]
    step: timedelta = MINUTE

    @property
    def minutes(self) -> int:
        return (self.until - self.since) // self.step

    def minute_of(self, at: datetime) -> int:
        """Return the number of the minute in which a time lies, within the first and the first beyond the last."""
        return max(0, min((at - self.since) // self.step, self.minutes))

    def used_since(self, start: datetime) -> dict[Callers, tuple[int, int]]:
        """Return calls and units that were admitted from `start` until the first minute: whole hours."""
        values: dict[str, Any] = {
            "organization": self.organization,
            "keys": list(self.keys),
            "start": start,
            "since": self.since,
        }
        with connection.cursor() as cursor:
            cursor.execute(_USED, values)
            return {(version, key): (calls, units) for version, key, calls, units in cursor.fetchall()}


def read(organization: int, *, at: datetime, keys: Sequence[int] = (), begun: datetime | None = None) -> Demand:
    """Read the last seven days up to `at`, from a full hour on, and from no earlier than `begun`."""
    since = max(at - LENGTH, begun) if begun else at - LENGTH
    return _read(organization, _MINUTES, MINUTE, since=since, at=at, keys=keys)


def read_hours(organization: int, *, since: datetime, at: datetime, keys: Sequence[int] = ()) -> Demand:
    """Read the hours from the one of `since` to the one of `at`: they are kept when no minute is any more."""
    return _read(organization, _HOURS, HOUR, since=since, at=at, keys=keys)


def _read(
    organization: int, statement: str, step: timedelta, *, since: datetime, at: datetime, keys: Sequence[int]
) -> Demand:
    since = since.replace(minute=0, second=0, microsecond=0)
    until = since - (since - at) // step * step
    values: dict[str, Any] = {"organization": organization, "keys": list(keys), "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
        cursor.execute(_REFUSED, values)
        refused = [
            Refused((version, key), REFUSED_BY[Code(code)], name, hour, calls)
            for version, key, code, name, hour, calls in cursor.fetchall()
        ]
    length = (until - since) // step
    came = {(version, key): _calls(length, columns) for version, key, *columns in rows}
    return Demand(organization, keys, since, until, came, refused, step)


def _calls(length: int, columns: Sequence[Sequence[int]]) -> Calls:
    minutes, calls, units, admitted, bits = columns
    hits = [(minute, hit) for minute, hit in zip(minutes, bits, strict=True) if hit]
    by_kind = {
        kind: frozenset(minute for minute, hit in hits if hit >> bit & 1)
        for bit, kind in enumerate(REFUSED_BY.values())
    }
    return Calls(
        _filled(length, minutes, calls), _filled(length, minutes, units), _filled(length, minutes, admitted), by_kind
    )


def _filled(length: int, minutes: Sequence[int], values: Sequence[int]) -> list[int]:
    filled = [0] * length
    for minute, value in zip(minutes, values, strict=True):
        filled[minute] = value
    return filled


def added(columns: Sequence[Sequence[int]], length: int) -> list[int]:
    """Return the sums of several columns, of so many minutes."""
    if len(columns) < 2:
        return list(columns[0]) if columns else [0] * length
    return list(map(sum, zip(*columns, strict=True)))
