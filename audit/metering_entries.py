"""What the registry says about contracts, billing periods, statements and usage."""

from audit.entries import Entry

CONTRACT_OPENED = Entry(
    "contract.opened",
    "create",
    "document-text",
    "opened/open a contract[ of {organization}][ from {effective_from}]",
    "currency effective_from anchor_day time_zone included_generations",
)
PERIOD_OPENED = Entry(
    "period.opened",
    "create",
    "calendar-days",
    "opened/open billing period {target}[ of {organization}]",
    "label starts_at ends_at state",
)
PERIOD_SPLIT = Entry(
    "period.split",
    "update",
    "scissors",
    "ended/end billing period {target}[ of {organization}] where its contract changed",
    "ends_at",
)
PERIOD_REVIEW_BEGUN = Entry(
    "period.review_begun",
    "update",
    "eye",
    "began/begin the review of billing period {target}[ of {organization}][, until {review_until}]",
    "state review_until",
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
    "exported/export the statements of {month}[ as {format}][, {rows} rows]",
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
