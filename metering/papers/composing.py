"""What a document says, as plain values: everything that a reader needs later is copied in, in the words of now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from metering import currencies

FORMAT = "axis-statement/1"


class Charged(Protocol):
    """A line as drafting makes it; `opens` is the explorer's filter that finds exactly its generations."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def quantity(self) -> int | None: ...
    @property
    def units(self) -> int | None: ...
    @property
    def unit_price(self) -> Decimal | None: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def opens(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Issued:
    """What makes a document one of a chain; a draft has none of it."""

    uid: str
    kind: str
    number: str
    sequence: int
    previous_sha256: str
    at: datetime
    by: str
    further: Mapping[str, Any]


def compose(
    *,
    customer: Mapping[str, Any],
    period: Mapping[str, Any],
    terms: Mapping[str, Any],
    currency: str,
    lines: Iterable[Charged],
    total: Decimal,
    checks: Mapping[str, Any],
    issued: Issued | None = None,
) -> dict[str, Any]:
    """Return the document as JSON holds it: decimals as text, times in UTC. Without `issued` it is a draft."""
    return {
        "format": FORMAT,
        **(_issued(issued) if issued else {"kind": "draft", "number": ""}),
        "customer": dict(customer),
        "period": dict(period),
        "terms": dict(terms),
        "currency": currency,
        "lines": [_line(position, line, currency) for position, line in enumerate(lines, start=1)],
        "total": f"{total:f}",
        "checks": dict(checks),
    }


def span(label: str, start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Say when a period was, in UTC and on the contract's clock: time zones change, documents do not."""
    return {
        "label": label,
        "starts_at": utc(start),
        "ends_at": utc(end),
        "starts_local": start.astimezone(zone).isoformat(timespec="seconds"),
        "ends_local": end.astimezone(zone).isoformat(timespec="seconds"),
        "time_zone": zone.key,
    }


def utc(at: datetime) -> str:
    """Write a time in UTC to the second: `2026-11-01T00:00:00Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _issued(issued: Issued) -> dict[str, Any]:
    return {
        "uid": issued.uid,
        "kind": issued.kind,
        "number": issued.number,
        "sequence": issued.sequence,
        "previous_sha256": issued.previous_sha256,
        "issued_at": utc(issued.at),
        "issued_by": issued.by,
        **issued.further,
    }


def _line(position: int, line: Charged, currency: str) -> dict[str, Any]:
    return {
        "position": position,
        "kind": line.kind,
        "name": line.name,
        "note": line.note,
        "quantity": line.quantity,
        "units": line.units,
        "unit_price": None if line.unit_price is None else f"{currencies.price_in_full(line.unit_price):f}",
        "amount": f"{currencies.trimmed(line.amount, currency):f}",
        "opens": dict(line.opens) if line.opens else None,
    }
