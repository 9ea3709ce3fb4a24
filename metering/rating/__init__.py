"""What usage costs under a contract's terms. Pure: integers and exact decimals, rounded once a line, half to even."""

from metering.rating.agreed import UNPRICED, Price, SlaCredit, Terms, Tier, unpriced
from metering.rating.lateness import late
from metering.rating.lines import Quantity, Rated, RatedLine, Step
from metering.rating.rates import Usage, rate
from metering.rating.rounding import rounded

__all__ = [
    "UNPRICED",
    "Price",
    "Quantity",
    "Rated",
    "RatedLine",
    "SlaCredit",
    "Step",
    "Terms",
    "Tier",
    "Usage",
    "late",
    "rate",
    "rounded",
    "unpriced",
]
