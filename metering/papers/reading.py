"""A document as pages and files show it: the same numbers everywhere, read from what was issued and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from metering import currencies, period_names
from metering.draft_lines import OF_GENERATIONS

TITLES = {"statement": "Statement", "credit_note": "Credit note", "draft": "Draft statement"}
# Whose units stand at the head; all of them are lines.
POOLS = 4


@dataclass(frozen=True)
class PaperLine:
    """One line: generations or days as quantity, the cost units that it bills, what one costs, and the amount."""

    position: int
    kind: str
    name: str
    note: str
    quantity: int | None
    units: int | None
    unit_price: Decimal | None
    amount: Decimal
    currency: str
    opens: Mapping[str, Any] | None = field(default=None, hash=False)

    @property
    def billed(self) -> int | None:
        """How many units the price is for: cost units beyond what is included, or unit days; None where none is."""
        return self.quantity if self.units is None and self.unit_price is not None else self.units

    @property
    def price_said(self) -> str:
        """The price of a unit, with all its decimals: prices are often below the smallest coin."""
        return "" if self.unit_price is None else currencies.unit_price(self.unit_price, self.currency)

    @property
    def amount_said(self) -> str:
        return currencies.said(self.amount, self.currency)


@dataclass(frozen=True)
class Paper:
    """A statement, a credit note or a draft; `document` is what it was read from."""

    kind: str
    number: str
    currency: str
    lines: tuple[PaperLine, ...]
    total: Decimal
    issued_at: datetime | None
    document: Mapping[str, Any] = field(hash=False)

    @property
    def title(self) -> str:
        return TITLES[self.kind]

    @property
    def is_draft(self) -> bool:
        return self.kind == "draft"

    @property
    def total_said(self) -> str:
        return currencies.said(self.total, self.currency)

    @property
    def adds_up(self) -> bool:
        """Whether the lines are the total."""
        return sum((line.amount for line in self.lines), Decimal(0)) == self.total

    @property
    def generations(self) -> int:
        """How many generations its lines are made of."""
        return sum(line.quantity or 0 for line in self.lines if line.kind in OF_GENERATIONS)

    @property
    def customer(self) -> list[str]:
        """Who it is for: the legal name, then what their accounts look for."""
        said = self.document["customer"]
        order = self.document["terms"].get("purchase_order") or said["purchase_order"]
        lines = [said["legal_name"] or said["name"], _order(order), said["crm_ref"]]
        return [line for line in lines if line]

    @property
    def agreed(self) -> list[str]:
        """What the contract includes, and the least that it costs."""
        terms, said = self.document["terms"], []
        if included := terms.get("included_generations"):
            said.append(f"{included:,} included a period")
        if terms.get("minimum_amount"):
            said.append(f"Minimum {currencies.said(Decimal(terms['minimum_amount']), self.currency)}")
        return said or ["Nothing included, no minimum"]

    @property
    def capacity(self) -> list[str]:
        """What was reserved: `lisbon-a, 8 units × 31 days`; of many pools the first ones."""
        said = [f"{line.name.rpartition(', ')[2]}, {line.note}" for line in self.lines if line.kind == "capacity"]
        more = len(said) - POOLS
        return said if more <= 0 else [*said[:POOLS], f"and {more} more"]

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What a credit note says of itself: the statement that it corrects, who agreed to it, and where it counts."""
        found, approval = [], self.document.get("approval")
        if refers_to := self.document.get("refers_to"):
            found.append(("Corrects statement", refers_to["number"]))
        if approval:
            found.append(("Adjustment", f"{approval['adjustment']}, approved by {approval['approved_by']}"))
        if approval and approval["counted_in"]:
            settled = period_names.mentioned(approval["counted_in"])
            found.append(("Settled with", f"the statement of {settled}, in which it is a line"))
        return found

    @property
    def period_named(self) -> str:
        return period_names.named(self.document["period"]["label"])

    @property
    def span_said(self) -> str:
        """When it was, on the contract's clock: `1 Oct 2026, 00:00 to 1 Nov 2026, 00:00, Europe/Lisbon`."""
        starts, ends = self.span_lines
        return f"{starts} {ends}"

    @property
    def span_lines(self) -> list[str]:
        period = self.document["period"]
        return [_local(period["starts_local"]), f"to {_local(period['ends_local'])}, {period['time_zone']}"]

    @property
    def issued_said(self) -> str:
        """When it was issued: `6 Nov 2026, 00:05 UTC`."""
        return f"{_local(self.document['issued_at'])} UTC" if self.issued_at else ""

    @property
    def contract_said(self) -> str:
        """Which version of the contract it was rated on: `v3, EUR`."""
        return f"v{self.document['terms']['number']}, {self.currency}"


def read(document: Mapping[str, Any]) -> Paper:
    """Return the document as it is shown."""
    currency, issued_at = document["currency"], document.get("issued_at")
    return Paper(
        kind=document["kind"],
        number=document["number"],
        currency=currency,
        lines=tuple(_line(one, currency) for one in document["lines"]),
        total=Decimal(document["total"]),
        issued_at=datetime.fromisoformat(issued_at) if issued_at else None,
        document=document,
    )


def _line(one: Mapping[str, Any], currency: str) -> PaperLine:
    return PaperLine(
        position=one["position"],
        kind=one["kind"],
        name=one["name"],
        note=one["note"],
        quantity=one["quantity"],
        units=one["units"],
        unit_price=None if one["unit_price"] is None else Decimal(one["unit_price"]),
        amount=Decimal(one["amount"]),
        currency=currency,
        opens=one["opens"],
    )


def _local(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{at.day} {period_names.MONTHS[at.month - 1][:3]} {at:%Y, %H:%M}"


def _order(number: str) -> str:
    """Say that a number is a purchase order's, unless it says so itself."""
    return number if not number or number.upper().startswith("PO") else f"PO {number}"
