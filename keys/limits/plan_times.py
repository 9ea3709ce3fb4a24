"""When an organization was on which version of a plan: by the trail, and by when versions were published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit import search
from audit.scope import Scope
from audit.search import Question
from audit.verbs import Verb
from orgs.models import Organization, PlanVersion

_VERBS = (Verb.ORGANIZATION_PLAN_CHANGED.value, Verb.PILOT_CONVERTED.value)
_FIELDS = ("plan_version", "plan")
_LOOKED_AT = 100


@dataclass(frozen=True)
class Tenure:
    """A plan version for as long as the organization was on it; `until` None is now."""

    version: int
    since: datetime
    until: datetime | None


def of(organization: Organization) -> list[Tenure]:
    """Return the versions that an organization was on, newest first, back to when it began.

    Where the trail says nothing, a version counts since it was published, and the one before it until then. What was
    before a plan's first version nobody knows: that one is taken to have held all the time.
    """
    moves = search.newest(
        Question(verbs=_VERBS, organizations=[organization.uid], outcome="success"), Scope(None, None), size=_LOOKED_AT
    )
    version, until, found = organization.plan_version, None, []
    for at, before, after in _named(moves):
        if str(version) != after or (earlier := _version(before)) is None:
            break
        found.append(Tenure(version.pk, at, until))
        version, until = earlier, at
    return [*found, *_published(version, organization.created_at, until)]


def _named(moves: Sequence[Any]) -> list[tuple[datetime, str, str]]:
    pairs = [(one.occurred_at, next((one.changes[field] for field in _FIELDS if field in one.changes), None))
             for one in moves]  # fmt: skip
    return [(at, str(pair[0]), str(pair[1])) for at, pair in pairs if pair]


def _version(named: str) -> PlanVersion | None:
    """The version that an event names as people read it: "Standard, version 1"."""
    plan, _, number = named.rpartition(", version ")
    if not number.isdecimal():
        return None
    return PlanVersion.objects.filter(plan__name=plan, number=int(number)).select_related("plan").first()


def _published(version: PlanVersion, begun: datetime, until: datetime | None) -> list[Tenure]:
    earlier = PlanVersion.objects.filter(plan=version.plan_id, number__lt=version.number)
    found = []
    for before in earlier.order_by("-number"):
        if version.published_at <= begun:
            break
        if until is None or version.published_at < until:
            found.append(Tenure(version.pk, version.published_at, until))
            until = version.published_at
        version = before
    return [*found, Tenure(version.pk, begun, until)]
