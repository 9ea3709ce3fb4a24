"""What changes contracts, billing periods and pilots. Contracts stand apart, because the ledger opens periods too."""

from metering.contracts import correct_contract, open_contract, open_default_contract, replace_contract
from metering.period_openings import open_ahead, open_periods
from metering.lifecycle import (
    begin_closing,
    begin_review,
    finish_closing,
    finish_period,
    hold_period,
    override_agreement,
    release_period,
)
from metering.pilots import convert_pilot

__all__ = [
    "begin_closing",
    "begin_review",
    "convert_pilot",
    "correct_contract",
    "finish_closing",
    "finish_period",
    "hold_period",
    "open_ahead",
    "open_contract",
    "open_default_contract",
    "open_periods",
    "override_agreement",
    "release_period",
    "replace_contract",
]
