"""What windows of limits had used when they were last looked at: of requests all that outlives the counter store."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db import connection

from keys.limits.windows import Window

_READ = """
SELECT a.n, u.used
FROM json_to_recordset(%s::json) AS a(n integer, organization bigint, key bigint, slot text, starts_at timestamptz)
JOIN keys_windowuse u ON u.organization_id = a.organization AND u.key_id IS NOT DISTINCT FROM a.key
    AND u.slot = a.slot AND u.starts_at = a.starts_at
"""
# Of requests nothing is ever taken back: whichever of two sweeps comes last, the larger number is the later one.
_WRITE = """
INSERT INTO keys_windowuse AS known (organization_id, key_id, slot, starts_at, ends_at, used, told)
SELECT a.organization, a.key, a.slot, a.starts_at, a.ends_at, a.used, 0
FROM json_to_recordset(%s::json) AS a(
    organization bigint, key bigint, slot text, starts_at timestamptz, ends_at timestamptz, used bigint)
ORDER BY a.organization, a.key, a.slot, a.starts_at
ON CONFLICT ON CONSTRAINT one_use_per_window DO UPDATE SET ends_at = excluded.ends_at, used = CASE
    WHEN known.slot LIKE 'requests:%%' THEN greatest(known.used, excluded.used) ELSE excluded.used END
WHERE (known.used, known.ends_at) <> (excluded.used, excluded.ends_at)
"""


def of(windows: Iterable[tuple[int, Window]]) -> dict[int, int]:
    """Return what is written down of each, by its number; nothing of one that is not."""
    asked = [{"n": n, **_named(one)} for n, one in windows]
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [orjson.dumps(asked).decode()])
        return dict(cursor.fetchall())


def write_down(used: Sequence[tuple[Window, int]]) -> None:
    """Write down what windows have used; of requests never less than is written down already."""
    rows: list[dict[str, Any]] = [{**_named(one), "ends_at": one.ends_at, "used": count} for one, count in used]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [orjson.dumps(rows).decode()])


def _named(window: Window) -> dict[str, Any]:
    return {
        "organization": window.organization,
        "key": window.key,
        "slot": window.slot,
        "starts_at": window.starts_at,
    }
