"""What a plan promises of an API version: how much of it succeeds, and how long nearly all of it takes. Pure."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Objective:
    """`availability` in percent, `p95_ms` in milliseconds; None where nothing is promised."""

    availability: Decimal | None = None
    p95_ms: int | None = None

    def __bool__(self) -> bool:
        return self.availability is not None or self.p95_ms is not None

    def __str__(self) -> str:
        """Say it as a plan's page does: `99.9%, p95 15 s`; `none` where nothing is promised."""
        parts = []
        if self.availability is not None:
            parts.append(f"{shown(self.availability)}%")
        if self.p95_ms is not None:
            parts.append(f"p95 {shown(Decimal(self.p95_ms) / 1000)} s")
        return ", ".join(parts) or "none"


def shown(number: Decimal) -> str:
    """Write a number without the zeros that a column adds: 99.9 for 99.900."""
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"
