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
USAGE_EXPORTED = Entry(
    "usage.exported",
    "access",
    "arrow-down-tray",
    "exported/export the usage of {target}[, {period}]",
    "period rows format",
)
