"""Why a reject is sent again or dismissed."""

from audit import trail
from orgs.forms import OptionalReasonForm, ReasonForm, Text


class RetryForm(OptionalReasonForm):
    """Sending it again needs no reason; the audit log keeps one that is given."""

    reason = Text(max_length=trail.LONGEST_REASON, required=False, help_text="Stands in the audit log.")


class DismissForm(ReasonForm):
    """Nobody is billed for what is dismissed, so that somebody has to say why."""
