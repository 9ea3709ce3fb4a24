"""The table of an organization's limits: for each slot what it inherits, what is set over it and until when, what is to
come, and what its keys add. Pure: rules and the time are arguments.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from keys.limits import limit_changes
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from orgs.models import Organization


@dataclass(frozen=True)
class Line:
    """One slot at one time. `own` is the organization's rule, `inherited` the plan's, which counts where there is none.

    `next` is what changes next by itself, and when: a rule, or None where the inherited one counts again. `of_keys` are
    the rules that keys have besides; each holds further calls of its key down, and raises nothing.
    """

    slot: Slot
    inherited: LimitRule | None
    own: LimitRule | None
    changes_at: datetime | None = None
    next: LimitRule | None = None
    of_keys: Sequence[LimitRule] = ()

    @property
    def counts(self) -> LimitRule | None:
        """The rule that holds for all of the organization's calls; none where only keys have one."""
        return self.own or self.inherited

    @property
    def source(self) -> str:
        """Where what counts comes from: "this organization", "Enterprise, version 2"; "" where nothing does."""
        if self.own is not None:
            return "this organization"
        return str(self.inherited.plan_version) if self.inherited is not None else ""

    @property
    def until(self) -> datetime | None:
        """When the organization's own rule gives way, where it is temporary and nothing replaces it before."""
        return self.changes_at if self.own is not None and self.own.is_temporary else None

    @property
    def said(self) -> str:
        """What counts, as people read it."""
        return limit_changes.said(self.slot, self.counts)

    @property
    def said_inherited(self) -> str:
        return limit_changes.said(self.slot, self.inherited)

    @property
    def said_next(self) -> str:
        """What counts after the next change."""
        return limit_changes.said(self.slot, self.next or self.inherited)


def of(organization: Organization, *, at: datetime) -> list[Line]:
    """Return the organization's table at this time, in two statements."""
    rules = LimitRule.objects.applying_to(organization).not_over(at=at)
    return lines(rules.select_related("plan_version__plan", "key", "continues").order_by("effective", "id"), at=at)


def lines(rules: Iterable[LimitRule], *, at: datetime) -> list[Line]:
    """Return a line for each slot in which something holds at this time, or is to hold later."""
    rules = [rule for rule in rules if not rule.effective.isempty]
    slots = sorted({rule.about for rule in rules}, key=lambda slot: slot.order)
    return [_line(slot, [rule for rule in rules if rule.about == slot], at) for slot in slots]


def _line(slot: Slot, rules: Sequence[LimitRule], at: datetime) -> Line:
    own = sorted((rule for rule in rules if rule.owner == "organization"), key=lambda rule: rule.effective.lower)
    holding = [rule for rule in rules if at in rule.effective]
    present = next((rule for rule in own if at in rule.effective), None)
    changes_at, following = _next(own, present, at)
    return Line(
        slot=slot,
        inherited=next((rule for rule in holding if rule.owner == "plan"), None),
        own=present,
        changes_at=changes_at,
        next=following,
        of_keys=[rule for rule in holding if rule.owner == "key"],
    )


def _next(
    own: Sequence[LimitRule], present: LimitRule | None, at: datetime
) -> tuple[datetime | None, LimitRule | None]:
    """When the next change comes by itself, and to which rule of the organization's own."""
    if present is not None:
        until = present.effective.upper
        return until, next((rule for rule in own if rule.effective.lower == until), None)
    later = next((rule for rule in own if rule.effective.lower > at), None)
    return (later.effective.lower, later) if later else (None, None)
