"""What the registry says about contracts, billing periods, statements and usage."""

from audit.entries import Entry

_CONTRACT = (
    "number effective_from currency anchor_day time_zone included_generations minimum_amount capacity_fee prices"
    " sla_credits purchase_order review_days"
)

CONTRACT_OPENED = Entry(
    "contract.opened",
    "create",
    "document-text",
    "opened/open a contract[ of {organization}][ from {effective_from}]",
    _CONTRACT,
)
CONTRACT_CHANGED = Entry(
    "contract.changed",
    "create",
    "document-text",
    "opened/open[ version {number} of] the contract[ of {organization}][ from {effective_from}]",
    _CONTRACT,
)
CONTRACT_CORRECTED = Entry(
    "contract.corrected",
    "update",
    "document-text",
    "corrected/correct[ version {number} of] the contract[ of {organization}]",
    _CONTRACT,
    needs_reason=True,
)
CONTRACT_WITHDRAWN = Entry(
    "contract.withdrawn",
    "delete",
    "document-text",
    "withdrew/withdraw[ version {number} of] the contract[ of {organization}]",
    "number effective_from",
    needs_reason=True,
)
PERIOD_OPENED = Entry(
    "period.opened",
    "create",
    "calendar-days",
    "opened/open billing period {target}[ and {others} after it][ of {organization}]",
    "label starts_at ends_at state others",
)
PERIOD_SPLIT = Entry(
    "period.split",
    "update",
    "scissors",
    "ended/end billing period {target}[ of {organization}] where its contract changed"
    "[, and gave the new version {others} after it]",
    "ends_at others",
)
PERIOD_REVIEW_BEGUN = Entry(
    "period.review_begun",
    "update",
    "eye",
    "began/begin the review of billing period {target}[ of {organization}][, until {until}]",
    "state review_until until",
)
PERIOD_HELD = Entry(
    "period.held",
    "update",
    "pause",
    "held/hold billing period {target}[ of {organization}]",
    "held",
    needs_reason=True,
)
PERIOD_RELEASED = Entry(
    "period.released",
    "update",
    "play",
    "released/release billing period {target}[ of {organization}]",
    "held",
)
PERIOD_OVERRIDDEN = Entry(
    "period.overridden",
    "update",
    "shield-exclamation",
    "let/let billing period {target}[ of {organization}] be closed all the same[: {blockers}]",
    "overridden blockers",
    needs_reason=True,
)
PERIOD_CLOSING_BEGUN = Entry(
    "period.closing_begun",
    "update",
    "lock-closed",
    "began/begin to close billing period {target}[ of {organization}]",
    "state early",
)
PERIOD_FINISHED = Entry(
    "period.finished",
    "update",
    "check-badge",
    "made/make billing period {target}[ of {organization}] final[ with {statement}][ over {total}]",
    "state statement total",
)
STATEMENT_ISSUED = Entry(
    "statement.issued",
    "create",
    "document-check",
    "issued/issue {target}[ to {organization}][ over {total}]",
    "number kind total sha256 adjustment",
)
STATEMENT_SENT = Entry(
    "statement.sent",
    "update",
    "envelope",
    "sent/send {target}[ to {organization}] again[: {recipients}]",
    "recipients",
    needs_reason=True,
)
STATEMENT_DOWNLOADED = Entry(
    "statement.downloaded",
    "access",
    "arrow-down-tray",
    "downloaded/download {target}[ of {organization}][ as {format}]",
    "format sha256",
)
FINANCE_EXPORTED = Entry(
    "finance.exported",
    "access",
    "arrow-down-tray",
    "exported/export the statements[ of {month}][ as {format}][, {rows} rows]",
    "month rows format statements",
)
USAGE_EXPORTED = Entry(
    "usage.exported",
    "access",
    "arrow-down-tray",
    "exported/export the usage of {target}[, {period}]",
    "period rows format bytes",
)
EXPORT_STARTED = Entry(
    "export.started",
    "create",
    "arrow-down-tray",
    "asked/ask for the file “{target}”[ of {organization}]",
    "what format filter",
)
EXPORT_CANCELLED = Entry(
    "export.cancelled",
    "update",
    "stop-circle",
    "stopped/stop the making of the file “{target}”",
    "rows",
)
EXPORT_FINISHED = Entry(
    "export.finished",
    "update",
    "check-circle",
    "ended/end the making of the file “{target}”[, {state}][, {rows} rows]",
    "rows state",
)
EXPORT_REMOVED = Entry(
    "export.removed",
    "delete",
    "trash",
    "removed/remove the file “{target}”",
    "rows state",
)
USAGE_WARNED = Entry(
    "usage.warned",
    "update",
    "bell-alert",
    "told/tell the people[ of {organization}] that[ {percent} % of][ the {whole} of] {target} is used",
    "percent used whole of contacts",
)
_ADJUSTMENT = "state kind amount period original_period"
ADJUSTMENT_ASKED = Entry(
    "adjustment.asked",
    "create",
    "hand-raised",
    "asked/ask for an adjustment[ of the bill of {organization}]: {target}",
    _ADJUSTMENT,
    needs_reason=True,
)
ADJUSTMENT_APPROVED = Entry(
    "adjustment.approved",
    "update",
    "check-circle",
    "approved/approve an adjustment[ of the bill of {organization}]: {target}[, {number}]",
    f"{_ADJUSTMENT} number",
)
ADJUSTMENT_DECLINED = Entry(
    "adjustment.declined",
    "update",
    "x-circle",
    "declined/decline an adjustment[ of the bill of {organization}]: {target}",
    _ADJUSTMENT,
    needs_reason=True,
)
ADJUSTMENT_WITHDRAWN = Entry(
    "adjustment.withdrawn",
    "update",
    "arrow-uturn-left",
    "withdrew/withdraw an adjustment[ of the bill of {organization}]: {target}",
    _ADJUSTMENT,
)
REJECT_RETRIED = Entry(
    "reject.retried",
    "update",
    "arrow-path",
    "sent/send {target}[ of {organization}] to the ledger once more[: {result}]",
    "resolution result code period",
)
REJECT_DISMISSED = Entry(
    "reject.dismissed",
    "update",
    "archive-box-x-mark",
    "dismissed/dismiss {target}[ of {organization}]",
    "resolution code",
    needs_reason=True,
)
USAGE_ARCHIVED = Entry(
    "usage.archived",
    "delete",
    "archive-box",
    "took/take {target} out of the ledger",
    "table",
)
