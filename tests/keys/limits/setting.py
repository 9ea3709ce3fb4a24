"""What tests of the rules behind the limits share: slots, changes, and what holds when."""

from datetime import UTC, datetime, timedelta
from typing import Any

from audit.models import Event
from keys import actions
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.models import ApiKey
from orgs.models import Organization
from tests.cast import ACTOR

NOON = datetime(2030, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
V1 = Slot("rate", api_version="v1", period_s=60)
V2 = Slot("rate", api_version="v2", period_s=60)
JOBS = Slot("concurrency")
MONTH = Slot("window", dimension="generations", window="month")
TERM = Slot("window", dimension="generations", window="term")
WHY: dict[str, Any] = {"actor": ACTOR, "reason": "a campaign", "ticket": "SUP-1"}


def rate(limit: int, **fields: Any) -> Change:
    """A blocking rate of v2 requests a minute, with the burst of the standard plan."""
    return Change(V2, **{"limit": limit, "burst": 20, **fields})


def put(owner: Organization | ApiKey, *changes: Change, **fields: Any) -> list[LimitRule]:
    """Set limits as the test's actor does."""
    whose = "key" if isinstance(owner, ApiKey) else "organization"
    return actions.set_limits(**{whose: owner}, changes=changes, **{**WHY, **fields})


def held(studio: Organization, at: datetime, slot: Slot = V2) -> int | None:
    """Return the number of the organization's own rule at a time."""
    rule = LimitRule.objects.filter(organization=studio).about(slot).at(at).first()
    return rule.limit if rule else None


def events(*verbs: str) -> list[Event]:
    """Return what the trail tells of limits, the oldest first."""
    found = Event.objects.filter(verb__startswith="limit.").order_by("recorded_at")
    return list(found.filter(verb__in=verbs) if verbs else found)
