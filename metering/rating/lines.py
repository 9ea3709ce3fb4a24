"""Usage as it is counted, and the lines that rating makes of it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Quantity:
    """Generations, and the cost units that they used."""

    generations: int = 0
    units: int = 0

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.generations + other.generations, self.units + other.units)


@dataclass(frozen=True)
class Step:
    """Billed cost units of one tier, which begins after `start` of them; the amount is exact, not rounded."""

    start: int
    units: int
    price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class RatedLine:
    """One line: all its generations and cost units, how many of them are included, what the others cost.

    `kind` is usage or minimum. `steps` tell how the billed units were priced; without them usage has no price, or
    all of it is included. `amount` is rounded. In a line of `late` everything is a difference and may be negative.
    """

    kind: str
    name: str
    api_version: str = ""
    resolutions: tuple[str, ...] = ()
    quantity: int = 0
    units: int = 0
    included: int = 0
    included_units: int = 0
    steps: tuple[Step, ...] = ()
    amount: Decimal = Decimal(0)
    has_price: bool = True

    @property
    def billed(self) -> int:
        """Generations that are not included."""
        return self.quantity - self.included

    @property
    def billed_units(self) -> int:
        """Cost units that are not included."""
        return self.units - self.included_units

    @property
    def unit_price(self) -> Decimal | None:
        """The price of a cost unit, where all billed ones have the same."""
        prices = {step.price for step in self.steps}
        return prices.pop() if len(prices) == 1 else None

    @property
    def slot(self) -> tuple[str, str, tuple[str, ...]]:
        """What makes it the same line in two ratings on the same terms."""
        return self.kind, self.api_version, self.resolutions


@dataclass(frozen=True)
class Rated:
    """Lines in the order of the price list, then what has no price, then what is missing to the minimum.

    `included` and `minimum` are what the terms say for that share of a period; `minimum` is None where they say none.
    """

    lines: tuple[RatedLine, ...]
    total: Decimal
    included: int = 0
    minimum: Decimal | None = None
    unpriced: bool = False

    @property
    def usage_amount(self) -> Decimal:
        """What usage costs, without what is missing to the minimum."""
        return sum((line.amount for line in self.lines if line.kind == "usage"), Decimal(0))

    def amount_of(self, api_version: str) -> Decimal:
        """What the usage of an API version costs: SLA credits are a part of it."""
        return sum((line.amount for line in self.lines if line.api_version == api_version), Decimal(0))
