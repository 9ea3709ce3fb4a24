"""Which limits hold of an organization and its keys, and since when: by slot, over time."""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from keys.limits import plan_times
from keys.limits.plan_times import Tenure
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
    """Return the rules that hold or held after `since`, of its plan, the organization and these keys.

    A plan version's are `effective` only as long as the organization was on it.
    """
    tenures = plan_times.of(organization)
    owners = Q(organization=organization) | Q(plan_version__in={one.version for one in tenures}) | Q(key__in=list(keys))
    not_over = Q(effective__upper_inf=True) | Q(effective__endswith__gt=since)
    found = LimitRule.objects.filter(owners, not_over, effective__isempty=False)
    listed = found.select_related("plan_version__plan", "continues")
    held = [part for rule in listed for part in (_while_on(rule, tenures) if rule.owner == "plan" else [rule])]
    held = [rule for rule in held if rule.effective.upper is None or rule.effective.upper > since]
    return sorted(held, key=lambda rule: (rule.effective.lower, rule.pk))


def _while_on(rule: LimitRule, tenures: Sequence[Tenure]) -> Iterator[LimitRule]:
    """The rule as it held for the organization, once for each time that it was on the rule's version."""
    for tenure in tenures:
        if tenure.version == rule.plan_version_id:
            part = copy(rule)
            part.asked = rule.set_for
            part.effective = DateTimeTZRange(tenure.since, _earlier(tenure.until, rule.effective.upper), "[)")
            if not part.effective.isempty:
                yield part


def places(listed: Iterable[LimitRule]) -> list[tuple[Slot, int | None]]:
    """Return every place that a rule is in, in the order of lists: the organization's slots, then the keys'."""
    found = {(rule.about, rule.key_id) for rule in listed}
    return sorted(found, key=lambda place: (place[1] or 0, place[0].order))


def over_time(listed: Iterable[LimitRule], place: tuple[Slot, int | None]) -> list[Stretch]:
    """Return which rule counted in a place and when, oldest first: the organization's, and the plan's in its gaps."""
    slot, key = place
    mine = [rule for rule in listed if rule.about == slot and rule.key_id == key]
    own = [_whole(rule) for rule in mine if rule.owner != "plan"]
    plan = [part for rule in mine if rule.owner == "plan" for part in _gaps(_whole(rule), own)]
    return sorted([*own, *plan], key=lambda stretch: stretch.since)


def now(listed: Iterable[LimitRule], *, at: datetime) -> list[LimitRule]:
    """Return the rules that count at a time, one for each place that has one, in the order of lists."""
    listed = list(listed)
    held = (over_time(listed, place) for place in places(listed))
    return [stretch.rule for stretches in held for stretch in stretches if stretch.holds(at)]


def _whole(rule: LimitRule) -> Stretch:
    return Stretch(rule.effective.lower, rule.effective.upper, rule)


def _gaps(whole: Stretch, own: Sequence[Stretch]) -> list[Stretch]:
    """The parts of a plan's rule over which no rule of the organization's lies."""
    found, since = [], whole.since
    for other in sorted(own, key=lambda stretch: stretch.since):
        if other.since > since:
            found.append(Stretch(since, _earlier(whole.until, other.since), whole.rule))
        if other.until is None:
            return [part for part in found if part.until is None or part.until > part.since]
        since = max(since, other.until)
    if whole.until is None or since < whole.until:
        found.append(Stretch(since, whole.until, whole.rule))
    return [part for part in found if part.until is None or part.until > part.since]


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
