from metering.views.accounts import accounts
from metering.views.adjustments import (
    adjustment,
    adjustments,
    approve_adjustment,
    ask_adjustment,
    decline_adjustment,
    void_generation,
    withdraw_adjustment,
)
from metering.views.brief import brief
from metering.views.close_board import board, finish_periods
from metering.views.contracts import contract, edit_contract, withdraw_contract
from metering.views.credit_notes import credit_note
from metering.views.documents import credit_note_file, issue_credit_note, send_statement, statement_file
from metering.views.explorer import for_org, index
from metering.views.exports import cancel_export, export_file, exports, remove_export, start_export
from metering.views.finance import finance
from metering.views.foresight import foresight
from metering.views.generations import generation, generations
from metering.views.lifecycle import finish_period, hold_period, override_period, release_period
from metering.views.pilots import convert_pilot, pilot, pilots
from metering.views.rejects import dismiss_reject, dismiss_rejects, reject, rejects, retry_reject, retry_rejects
from metering.views.saved import remove_view, rename_view, save_view
from metering.views.sla import sla, sla_overview
from metering.views.statements import org_periods, period, period_checks
from metering.views.usage import overview

__all__ = [
    "accounts",
    "adjustment",
    "adjustments",
    "approve_adjustment",
    "ask_adjustment",
    "board",
    "brief",
    "cancel_export",
    "contract",
    "convert_pilot",
    "credit_note",
    "credit_note_file",
    "decline_adjustment",
    "dismiss_reject",
    "dismiss_rejects",
    "edit_contract",
    "export_file",
    "exports",
    "finance",
    "finish_period",
    "finish_periods",
    "for_org",
    "foresight",
    "generation",
    "generations",
    "hold_period",
    "index",
    "issue_credit_note",
    "org_periods",
    "override_period",
    "overview",
    "period",
    "period_checks",
    "pilot",
    "pilots",
    "reject",
    "rejects",
    "release_period",
    "remove_export",
    "remove_view",
    "rename_view",
    "retry_reject",
    "retry_rejects",
    "save_view",
    "send_statement",
    "sla",
    "sla_overview",
    "start_export",
    "statement_file",
    "void_generation",
    "withdraw_adjustment",
    "withdraw_contract",
]
