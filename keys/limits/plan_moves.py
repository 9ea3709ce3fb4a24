"""Whom another version of a plan concerns, and what it changes for each: to be shown before it is published."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from keys.limits import limit_changes
from keys.limits.limit_changes import Valued
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from orgs.models import Organization, Plan

ByVersion = Mapping[int, Mapping[Slot, Valued]]


@dataclass(frozen=True)
class Difference:
    """One limit of an organization under its present version and under the new one; None is no limit."""

    slot: Slot
    before: Valued | None
    after: Valued | None

    @property
    def said_before(self) -> str:
        return limit_changes.said(self.slot, self.before)

    @property
    def said_after(self) -> str:
        return limit_changes.said(self.slot, self.after)


@dataclass(frozen=True)
class Move:
    """An organization on some version of the plan, and what the new one changes for its calls.

    What it has limits of its own for stays as it is, and is not among them. `gained` and `lost` are API versions.
    """

    organization: Organization
    differences: Sequence[Difference]
    gained: Sequence[str] = ()
    lost: Sequence[str] = ()

    @property
    def changes_something(self) -> bool:
        return bool(self.differences or self.gained or self.lost)


def moves(plan: Plan, *, limits: Mapping[Slot, Valued], api_versions: Sequence[str], at: datetime) -> list[Move]:
    """Return every organization of the plan that is not closed, with what these terms would change for it."""
    organizations = list(
        Organization.objects.filter(plan_version__plan=plan)
        .exclude(status=Organization.Status.CLOSED)
        .select_related("plan_version__plan")
    )
    by_version, own = _by_version(plan), _own(organizations, at)
    return [_move(one, by_version, own[one.pk], limits, api_versions) for one in organizations]


def _move(
    organization: Organization,
    by_version: ByVersion,
    own: set[Slot],
    limits: Mapping[Slot, Valued],
    api_versions: Sequence[str],
) -> Move:
    present = by_version.get(organization.plan_version_id, {})
    had = organization.plan_version.api_versions
    slots = sorted({*present, *limits} - own, key=lambda slot: slot.order)
    return Move(
        organization,
        [
            Difference(slot, present.get(slot), limits.get(slot))
            for slot in slots
            if _numbers(present.get(slot)) != _numbers(limits.get(slot))
        ],
        gained=sorted(set(api_versions) - set(had)),
        lost=sorted(set(had) - set(api_versions)),
    )


def _numbers(valued: Valued | None) -> tuple[object, ...] | None:
    """What calls notice of a limit: warnings are ours."""
    if valued is None:
        return None
    return valued.limit, valued.burst, valued.mode, valued.overage_allowance


def _by_version(plan: Plan) -> ByVersion:
    found: dict[int, dict[Slot, Valued]] = defaultdict(dict)
    for rule in LimitRule.objects.filter(plan_version__plan=plan):
        found[rule.plan_version_id or 0][rule.about] = rule
    return found


def _own(organizations: Sequence[Organization], at: datetime) -> dict[int, set[Slot]]:
    found: dict[int, set[Slot]] = defaultdict(set)
    for rule in LimitRule.objects.filter(organization__in=organizations).at(at):
        found[rule.organization_id or 0].add(rule.about)
    return found
