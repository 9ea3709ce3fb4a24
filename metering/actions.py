"""What changes contracts, billing periods and pilots. Contracts stand apart, because the ledger opens periods too."""

from metering.contracts import open_ahead, open_contract, open_default_contract, open_periods, replace_contract
from metering.pilots import convert_pilot

__all__ = [
    "convert_pilot",
    "open_ahead",
    "open_contract",
    "open_default_contract",
    "open_periods",
    "replace_contract",
]
