"""What of a quota is used up, by the ledger: for a counter that is not there, or that drifted."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
from django.db import connection

from keys.limits import window_uses
from keys.limits.windows import Totals, Window
from metering.models import generations

# Whole days and hours are read from what is counted by day and by hour; where a window begins or ends within an hour,
# the ledger is, less what was voided. One statement has one view of all three, and says which transactions that is.
_NARROWED = """organization_id = p.organization AND outcome = 'succeeded' AND environment = 'live'
    AND (p.key IS NULL OR key_id = p.key) AND (p.version IS NULL OR api_version = p.version)"""
_USED = f"""
SELECT p.n, coalesce(CASE p.kind
    WHEN 'day' THEN (SELECT sum(CASE WHEN p.by_units THEN units ELSE generations END) FROM metering_usageday
        WHERE {_NARROWED} AND day >= (p.since AT TIME ZONE 'UTC')::date AND day < (p.until AT TIME ZONE 'UTC')::date)
    WHEN 'hour' THEN (SELECT sum(CASE WHEN p.by_units THEN units ELSE generations END) FROM metering_usagehour
        WHERE {_NARROWED} AND hour >= p.since AND hour < p.until)
    ELSE (SELECT sum(CASE WHEN p.by_units THEN units ELSE 1 END) FROM metering_generation
        WHERE {_NARROWED} AND occurred_at >= p.since AND occurred_at < p.until
            AND generation_id >= p.low AND generation_id < p.high)
        - (SELECT coalesce(sum(CASE WHEN p.by_units THEN units ELSE 1 END), 0) FROM metering_adjustment
        WHERE {_NARROWED} AND kind = 'void' AND hour >= date_trunc('hour', p.since, 'UTC') AND hour < p.until
            AND occurred_at >= p.since AND occurred_at < p.until)
END, 0)::bigint, pg_current_snapshot()::text, coalesce(pg_current_xact_id_if_assigned()::text, '')
FROM json_to_recordset(%s::json) AS p(
    n integer, kind text, organization bigint, key bigint, version text, by_units boolean,
    since timestamptz, until timestamptz, low uuid, high uuid
)
"""  # noqa: S608 (the parts are written above)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def sums(windows: Sequence[Window]) -> Totals:
    """Return what has been used in each: succeeded generations of live keys, or their units; requests as flushed."""
    used = dict.fromkeys(range(len(windows)), 0)
    used |= window_uses.of([(n, one) for n, one in enumerate(windows) if one.by == "requests"])
    pieces = [piece for n, one in enumerate(windows) if one.by != "requests" for piece in _pieces(n, one)]
    seen = ""
    if pieces:
        with connection.cursor() as cursor:
            cursor.execute(_USED, [orjson.dumps(pieces).decode()])
            for n, count, snapshot, own in cursor.fetchall():
                used[n] += count
                seen = f"{snapshot}|{own}"
    return Totals(list(used.values()), seen)


def _pieces(n: int, window: Window) -> Iterator[dict[str, Any]]:
    told = {
        "n": n,
        "organization": window.organization,
        "key": window.key,
        "version": window.version,
        "by_units": window.by == "units",
    }
    for kind, since, until in parts(window.starts_at, window.ends_at):
        low, high = generations.ids_between(since, until)
        yield {**told, "kind": kind, "since": since, "until": until, "low": low, "high": high}


def parts(start: datetime, end: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Cut a window into whole UTC days, whole hours around them, and what is left at its edges. Pure."""
    hours = _up(start, _HOUR), _down(end, _HOUR)
    days = _up(hours[0], _DAY), _down(hours[1], _DAY)
    if hours[0] >= hours[1]:
        cuts, kinds = [start, end], ["edge"]
    elif days[0] >= days[1]:
        cuts, kinds = [start, *hours, end], ["edge", "hour", "edge"]
    else:
        cuts, kinds = [start, hours[0], *days, hours[1], end], ["edge", "hour", "day", "hour", "edge"]
    for kind, (since, until) in zip(kinds, pairwise(cuts), strict=True):
        if since < until:
            yield kind, since, until


def _down(at: datetime, unit: timedelta) -> datetime:
    """The last whole hour or UTC day; offsets of zones do not come into it."""
    return at - (at - _ZERO) % unit


def _up(at: datetime, unit: timedelta) -> datetime:
    return _down(at + unit - timedelta(microseconds=1), unit)


_ZERO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
