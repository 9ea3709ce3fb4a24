"""Whose failure a failed generation is, in one way for the promises to customers and for pages about usage.

What nobody said the cause of is ours: it is our gateways that left it out.
"""

from metering.models import Generation

_CAUSE = Generation.FailureCause
# Whose fault, and what is said of it.
OURS = (
    (_CAUSE.ENGINE.value, "The engine failed"),
    (_CAUSE.TIMEOUT.value, "It took too long"),
    ("", "No cause was said"),
)
THEIRS = ((_CAUSE.CONTENT.value, "Refused for its content"), (_CAUSE.CLIENT.value, "Ended by the client"))

_LISTED = ", ".join(f"'{cause}'" for cause, _ in THEIRS)
# Conditions on failed rows of a rollup.
ARE_THEIRS = f"failure_cause IN ({_LISTED})"
ARE_OURS = f"failure_cause NOT IN ({_LISTED})"
