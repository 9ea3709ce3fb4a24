"""What changes contracts, billing periods and pilots. Contracts stand apart, because the ledger opens periods too."""

from metering.contracts import correct_contract, open_contract, open_default_contract, replace_contract
from metering.period_openings import open_ahead, open_periods
from metering.pilots import convert_pilot

__all__ = [
    "convert_pilot",
    "correct_contract",
    "open_ahead",
    "open_contract",
    "open_default_contract",
    "open_periods",
    "replace_contract",
]
