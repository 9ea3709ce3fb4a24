"""The answer for each item of a batch, as the gateway's contract words it. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

STATUSES = ("accepted", "accepted_late", "duplicate", "conflict", "rejected")
RETRYABLE = frozenset({"timestamp_in_future"})
REPLAY = "idempotency_replay"


class Result(TypedDict):
    """What became of one item."""

    index: int
    generation_id: str | None
    status: str
    code: str | None
    fields: list[str]
    retryable: bool
    period: str | None
    received_at: str


def accepted(index: int, raw: Any, *, period: str | None, received_at: str) -> Result:
    """It is committed and counted."""
    return _result(index, raw, "accepted", period=period, received_at=received_at)


def accepted_late(index: int, raw: Any, *, period: str | None, received_at: str) -> Result:
    """It is committed and counted in a later period, because its own one is closing or final."""
    return _result(index, raw, "accepted_late", code="period_final", period=period, received_at=received_at)


def replay(index: int, raw: Any, *, received_at: str) -> Result:
    """Another generation holds its idempotency key: it is kept and not billed."""
    return _result(index, raw, "duplicate", code=REPLAY, received_at=received_at)


def duplicate(index: int, raw: Any, *, period: str | None, received_at: str) -> Result:
    """It was counted before: the period and the time are the first one's."""
    return _result(index, raw, "duplicate", period=period, received_at=received_at)


def conflict(index: int, raw: Any, *, fields: Sequence[str], received_at: str) -> Result:
    """Its id stands for another generation already."""
    code = "other_organization" if "organization" in fields else "payload_mismatch"
    return _result(index, raw, "conflict", code=code, fields=fields, received_at=received_at)


def rejected(index: int, raw: Any, *, code: str, fields: Sequence[str], received_at: str) -> Result:
    """It is not usage."""
    return _result(index, raw, "rejected", code=code, fields=fields, received_at=received_at)


def summary(results: Iterable[Result]) -> dict[str, int]:
    """Count the results by status, each status of the contract present."""
    counts = Counter(result["status"] for result in results)
    return {status: counts[status] for status in STATUSES}


def rfc3339(at: datetime) -> str:
    """Write a time as the contract does: UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _result(
    index: int,
    raw: Any,
    status: str,
    *,
    code: str | None = None,
    fields: Sequence[str] = (),
    period: str | None = None,
    received_at: str,
) -> Result:
    named = raw.get("generation_id") if isinstance(raw, dict) else None
    return {
        "index": index,
        "generation_id": named if isinstance(named, str) else None,
        "status": status,
        "code": code,
        "fields": list(fields),
        "retryable": code in RETRYABLE,
        "period": period,
        "received_at": received_at,
    }
