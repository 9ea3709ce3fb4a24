"""Which limits hold of an organization and its keys, and since when: by slot, over time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.limits.terms import Terms
from orgs.models import Organization


@dataclass(frozen=True)
class Stretch:
    """A rule for as long as it is the one that counts in its place; `until` None is open."""

    since: datetime
    until: datetime | None
    rule: LimitRule

    @property
    def terms(self) -> Terms:
        return terms_of(self.rule)

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


def terms_of(rule: LimitRule) -> Terms:
    """Return the numbers of a rule."""
    return Terms(rule.about, rule.limit, rule.burst, rule.mode, rule.overage_allowance, rule.key_id)


def rules(organization: Organization, *, since: datetime, keys: Sequence[int] = ()) -> list[LimitRule]:
    """Return the rules that hold or held after `since`, of the plan version, the organization and these keys."""
    owners = Q(organization=organization) | Q(plan_version=organization.plan_version_id) | Q(key__in=list(keys))
    not_over = Q(effective__upper_inf=True) | Q(effective__endswith__gt=since)
    return list(LimitRule.objects.filter(owners, not_over, effective__isempty=False).order_by("effective", "id"))


def places(listed: Iterable[LimitRule]) -> list[tuple[Slot, int | None]]:
    """Return every place that a rule is in, in the order of lists: the organization's slots, then the keys'."""
    found = {(rule.about, rule.key_id) for rule in listed}
    return sorted(found, key=lambda place: (place[1] or 0, place[0].order))


def over_time(
    listed: Iterable[LimitRule], place: tuple[Slot, int | None], *, begun: datetime | None = None
) -> list[Stretch]:
    """Return which rule counted in a place and when, oldest first: the organization's, and the plan's in its gaps.

    What the plan said before this version nobody knows any more: the version is taken to have held since `begun`.
    """
    slot, key = place
    mine = [rule for rule in listed if rule.about == slot and rule.key_id == key]
    own = [_whole(rule) for rule in mine if rule.owner != "plan"]
    plan = [part for rule in mine if rule.owner == "plan" for part in _gaps(_whole(rule, begun), own)]
    return sorted([*own, *plan], key=lambda stretch: stretch.since)


def now(listed: Iterable[LimitRule], *, at: datetime) -> list[LimitRule]:
    """Return the rules that count at a time, one for each place that has one, in the order of lists."""
    listed = list(listed)
    held = (over_time(listed, place) for place in places(listed))
    return [stretch.rule for stretches in held for stretch in stretches if stretch.holds(at)]


def _whole(rule: LimitRule, begun: datetime | None = None) -> Stretch:
    since = rule.effective.lower
    return Stretch(min(since, begun) if begun else since, rule.effective.upper, rule)


def _gaps(whole: Stretch, own: Sequence[Stretch]) -> list[Stretch]:
    """The parts of a plan's rule over which no rule of the organization's lies."""
    found, since = [], whole.since
    for other in sorted(own, key=lambda stretch: stretch.since):
        if other.since > since:
            found.append(Stretch(since, _earlier(other.since, whole.until), whole.rule))
        if other.until is None:
            return [part for part in found if part.until is None or part.until > part.since]
        since = max(since, other.until)
    if whole.until is None or since < whole.until:
        found.append(Stretch(since, whole.until, whole.rule))
    return [part for part in found if part.until is None or part.until > part.since]


def _earlier(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else min(one, other)
