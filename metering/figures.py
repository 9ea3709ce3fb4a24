"""Single figures of an organization's usage."""

from collections.abc import Mapping
from typing import Any

from keys.models import ApiKey
from metering import usage
from metering.models import UsageDay
from metering.usage import Tally
from orgs.models import Organization


def total(tallies: Mapping[Any, Tally]) -> Tally:
    """Add up the parts."""
    whole = Tally()
    for part in tallies.values():
        whole.merge(part)
    return whole


def parked(organization: Organization) -> int:
    """Count the live generations that no contract covers: they are in no billing period."""
    rows = UsageDay.objects.of_keys(ApiKey.Environment.LIVE).filter(organization=organization, period=None)
    return usage.tally(rows).generations
