"""What was not counted is kept, so that somebody can look at it: once, however often it is sent."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from audit import wording
from metering import names, nesting
from metering.results import REPLAY, Result

KEPT = frozenset({"rejected", "conflict", "replay"})
# What may be an organization's id: anything else in a body is not asked of the database.
_ORGANIZATION = re.compile(r"org_\w{1,60}", re.ASCII)

Row = dict[str, Any]

_KEEP = """
INSERT INTO metering_rejectedgeneration AS kept (
    status, code, fields, generation_id, organization_id, source, gateway, raw, fingerprint, seen, received_at,
    last_received_at
)
SELECT status, code, fields, generation_id, organization_id, %s, %s, raw, fingerprint, seen, %s, %s
FROM json_to_recordset(%s::json) AS item(
    status varchar, code varchar, fields jsonb, generation_id varchar, organization_id bigint, raw text,
    fingerprint bytea, seen bigint
) ORDER BY fingerprint
ON CONFLICT (fingerprint) DO UPDATE
SET seen = kept.seen + excluded.seen, last_received_at = greatest(kept.last_received_at, excluded.last_received_at)
"""


def write_down(
    results: Iterable[Result], items: Sequence[Any], *, organizations: Mapping[str, int], source: str
) -> list[Row]:
    """Write down what of a batch was not counted, with its body: rejected, in conflict, or a replay.

    Credentials in a body are masked. `organizations` are those that are known already; others are looked up.
    """
    kept = [(result, items[result["index"]]) for result in results if _status(result) in KEPT]
    whose = _whose({_named(item) for _, item in kept}, organizations)
    return [_row(result, item, whose, source) for result, item in kept]


def _whose(named: set[str], known: Mapping[str, int]) -> Mapping[str, int]:
    """Return the organizations that rejects name: one that no good item of the batch names was not asked for yet."""
    new = {one for one in named - known.keys() if _ORGANIZATION.fullmatch(one)}
    found = names.look_up(organizations=new, public_ids=()).organizations if new else {}
    return {one: id for one in named if (id := known.get(one) or found.get(one))}


def _named(item: Any) -> str:
    named = item.get("organization") if isinstance(item, dict) else None
    return named if isinstance(named, str) else ""


def _status(result: Result) -> str:
    return "replay" if result["code"] == REPLAY else result["status"]


def keep(rows: Sequence[Row], *, source: str, gateway: str, now: datetime) -> None:
    """Store the rows; one that is there already is counted."""
    if not rows:
        return
    seen = Counter(row["fingerprint"] for row in rows)
    distinct = {row["fingerprint"]: {**row, "seen": seen[row["fingerprint"]]} for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [source, gateway, now, now, json.dumps(list(distinct.values()))])


def _row(result: Result, item: Any, organizations: Mapping[str, int], source: str) -> Row:
    # ASCII only: what PostgreSQL cannot keep as a character stays readable as its escape.
    raw = wording.masked(json.dumps(nesting.shallow(item), sort_keys=True, ensure_ascii=True))
    same = "\n".join([_status(result), result["code"] or "", source, raw])
    return {
        "status": _status(result),
        "code": result["code"],
        "fields": result["fields"],
        "generation_id": _storable(result["generation_id"]),
        "organization_id": organizations.get(_named(item)),
        "raw": raw,
        "fingerprint": f"\\x{hashlib.sha256(same.encode()).hexdigest()}",
    }


def _storable(generation_id: str | None) -> str:
    return wording.neutral(generation_id or "", 64)
