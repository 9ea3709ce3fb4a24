"""By what usage can be filtered and grouped, as addresses and people call it."""

from collections.abc import Sequence
from dataclasses import dataclass

from metering.models import Generation

# Longer than any text that the ledger keeps for these, so that no gateway's own word can be mistaken for it.
NOT_SAID = "not-said-by-gateway"
LONGEST = 16
_NO_CAUSE = "succeeded, or no cause said"


@dataclass(frozen=True)
class Dimension:
    """One column of the ledger and its rollups. Without `choices` its values are whatever gateways say."""

    name: str
    label: str
    column: str
    choices: Sequence[tuple[str, str]] = ()
    may_be_unsaid: bool = True
    unsaid: str = "not said"

    def takes(self, value: str) -> bool:
        """Say whether the value can stand in the ledger."""
        if value == NOT_SAID:
            return self.may_be_unsaid
        if self.choices:
            return value in dict(self.choices)
        return len(value) <= LONGEST

    def stored(self, value: str) -> str:
        """Return the value as the ledger keeps it."""
        return "" if value == NOT_SAID else value

    def called(self, value: str) -> str:
        """Return a value of the ledger, or of an address, in words."""
        return dict(self.choices).get(value, value) if value not in ("", NOT_SAID) else self.unsaid


ORGANIZATION = Dimension("org", "Organization", "organization_id")
KEY = Dimension("key", "Key", "key_id")
VERSION = Dimension("version", "Version", "api_version", tuple(Generation.ApiVersion.choices), may_be_unsaid=False)
RESOLUTION = Dimension("resolution", "Resolution", "resolution")
RATIO = Dimension("ratio", "Aspect ratio", "aspect_ratio")
OUTCOME = Dimension("outcome", "Outcome", "outcome", tuple(Generation.Outcome.choices), may_be_unsaid=False)
TIER = Dimension("tier", "Tier", "service_tier", tuple(Generation.Tier.choices))
# Of what succeeded no cause is said, and of what failed a gateway may leave it out.
CAUSE = Dimension("cause", "Failure cause", "failure_cause", tuple(Generation.FailureCause.choices), unsaid=_NO_CAUSE)

# Those whose values are texts, then all of them.
TEXTS = (VERSION, RESOLUTION, RATIO, OUTCOME, TIER, CAUSE)
DIMENSIONS = (ORGANIZATION, KEY, *TEXTS)
BY_NAME = {one.name: one for one in DIMENSIONS}
# An address names what is left out as well: a price for all other resolutions opens exactly those.
LEFT_OUT = "not_"
# What else an address may say of what is counted.
BESIDE = ("environment", "range", "from", "to", "period", "original")
