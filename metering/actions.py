"""What changes contracts, billing periods and pilots. Contracts stand apart, because the ledger opens periods too."""

from metering.adjustments import (
    approve_adjustment,
    ask_for_money,
    ask_to_void,
    decline_adjustment,
    withdraw_adjustment,
)
from metering.contract_withdrawals import withdraw_contract
from metering.contracts import correct_contract, open_contract, open_default_contract, replace_contract
from metering.crediting import issue_credit_note
from metering.exporting.asking import cancel_export, forget_exports, record_download, remove_export, start_export
from metering.lifecycle import (
    begin_closing,
    begin_review,
    close_together,
    close_unchanged,
    finish_closing,
    finish_period,
    hold_period,
    override_agreement,
    release_period,
)
from metering.period_openings import open_ahead, open_periods
from metering.pilots import convert_pilot
from metering.reject_settling import dismiss_reject, retry_reject
from metering.sending import send_statement
from metering.usage_alerts import warn_of_usage

__all__ = [
    "approve_adjustment",
    "ask_for_money",
    "ask_to_void",
    "begin_closing",
    "begin_review",
    "cancel_export",
    "close_together",
    "close_unchanged",
    "convert_pilot",
    "correct_contract",
    "decline_adjustment",
    "dismiss_reject",
    "finish_closing",
    "finish_period",
    "forget_exports",
    "hold_period",
    "issue_credit_note",
    "open_ahead",
    "open_contract",
    "open_default_contract",
    "open_periods",
    "override_agreement",
    "record_download",
    "release_period",
    "remove_export",
    "replace_contract",
    "retry_reject",
    "send_statement",
    "start_export",
    "warn_of_usage",
    "withdraw_adjustment",
    "withdraw_contract",
]
