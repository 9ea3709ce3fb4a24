"""What if these were the limits? The last seven days replayed, and the most that was used of each.

The calls that came are those that were admitted or refused by a limit; what was refused for another reason would be
again. A call meets the limits one after the other, those of a short time first, as if a limit of a long time that
refuses it had come too late for the others. How the calls lie within a minute, `courses` says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from keys.limits import calendar, courses, demand, durations, holding, peaks
from keys.limits.courses import Course
from keys.limits.demand import Callers, Calls, Demand, Refused
from keys.limits.holding import Stretch
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.limits.terms import Terms
from orgs.models import Organization

Place = tuple[Slot, int | None]
# A key's own limits are replayed with the organization's for so many keys.
MOST_KEYS = 20
_LONGEST_LAST = ("rate", "concurrency", "window")
_WINDOWS = ("day", "month", "term")


@dataclass(frozen=True)
class Effect:
    """What the limits would have made of a slot's calls; `terms` None is none. `most` is the most used of it."""

    place: Place
    terms: Terms | None
    before: int
    after: int
    over: int = 0
    most: int = 0
    is_changed: bool = False

    @property
    def share(self) -> float | None:
        """How much of the limit its peak is, in percent."""
        return self.most * 100 / self.terms.limit if self.terms and self.terms.limit else None


@dataclass(frozen=True)
class WhatIf:
    """The effects of proposed limits over the minutes since ≤ t < until."""

    since: datetime
    until: datetime
    minutes: int
    effects: Sequence[Effect]

    @property
    def before(self) -> int:
        return sum(effect.before for effect in self.effects)

    @property
    def after(self) -> int:
        return sum(effect.after for effect in self.effects)


@dataclass
class Week:
    """The last seven days of an organization, with the limits that held in them."""

    organization: Organization
    demand: Demand
    rules: Sequence[LimitRule]
    lengths: Mapping[str, float]
    _starts: dict[Place, dict[int, int]] = field(default_factory=dict)
    _held: dict[Place, list[tuple[int, int, Terms]]] = field(default_factory=dict)
    _sums: dict[tuple[Callers, ...], Calls] = field(default_factory=dict)

    def what_if(
        self, proposed: Iterable[Terms], *, changed: Iterable[Place] = (), present: Iterable[Terms] = ()
    ) -> WhatIf:
        """Replay the minutes as if these, and no others, had been the limits all the time.

        Of a limit that is not `changed` only that is told which follows from the others: what it refuses more, or less,
        than it would have done among the `present` ones.
        """
        proposed, changed, present = list(proposed), set(changed), list(present)
        listed = [replace(effect, is_changed=effect.place in changed) for effect in self._replayed(proposed)]
        if present and any(not effect.is_changed for effect in listed):
            without = {effect.place: effect.after for effect in (self._replayed(present) if changed else listed)}
            listed = [effect if effect.is_changed else _shifted(effect, without) for effect in listed]
        gone = changed - {effect.place for effect in listed}
        listed += [Effect(place, None, self._before(place), 0, is_changed=True) for place in gone]
        return WhatIf(self.demand.since, self.demand.until, self.demand.minutes, listed)

    def _replayed(self, proposed: Iterable[Terms]) -> list[Effect]:
        passing = {who: list(calls.calls) for who, calls in self.demand.by_callers.items()}
        effects = []
        for terms in sorted(proposed, key=_length):
            course = self._course(terms, passing)
            refused = self._refused(course, terms)
            if terms.blocks:
                _take([passing[who] for who in self._who(terms)], refused, course.offered)
            most = peaks.most_used(course, terms, _left(course.offered, refused), self.seconds(terms))
            before, counted = self._before(terms.place), sum(refused.values())
            after, over = (counted, 0) if terms.blocks else (0, counted)
            effects.append(Effect(terms.place, terms, before, after, over, most))
        return effects

    def peak(self, terms: Terms) -> int:
        """Return the most that was really used of a limit."""
        course = self.course(terms)
        return peaks.most_used(course, terms, course.offered, self.seconds(terms))

    def used(self, terms: Terms) -> int:
        """Return what was really used of the window that runs now; what failed meanwhile counts in it."""
        course = self.course(terms)
        filled = peaks.filled(course, peaks.spent(course, terms, course.offered))
        return filled[-1] if filled else course.starts.get(0, 0)

    def course(self, terms: Terms) -> Course:
        """Return the calls that really passed, as they met a limit."""
        return self._course(terms, {who: calls.admitted for who, calls in self.demand.by_callers.items()})

    def seconds(self, terms: Terms) -> float | None:
        """Return how long the jobs take that a limit counts, by how many of each version came."""
        who = [who for who in self._who(terms) if who[0] in self.lengths]
        known = [(self.lengths[each[0]], sum(self.demand.by_callers[each].admitted)) for each in who]
        total = sum(calls for _, calls in known)
        return sum(seconds * calls for seconds, calls in known) / total if total else None

    def refusals(self, place: Place) -> list[Refused]:
        """Return what the rules of a place really refused, by the names that they had."""
        slot, key = place
        mine = {rule.name for rule in self.rules if (rule.about, rule.key_id) == place}
        theirs = {rule.name for rule in self.rules if rule.key_id is not None} if key is None else set()
        return [
            one
            for one in self.demand.refused
            if one.kind == slot.kind
            and one.limit_name in mine
            and slot.api_version in (None, one.callers[0])
            and key in (None, one.callers[1])
            # A name that the key's own rule has too is the key's.
            and not (one.limit_name in theirs and one.callers[1] is not None)
        ]

    def _who(self, terms: Terms) -> list[Callers]:
        return [who for who in self.demand.by_callers if terms.meets(*who)]

    def _course(self, terms: Terms, passing: Mapping[Callers, Sequence[int]]) -> Course:
        who = self._who(terms)
        came = self._came(tuple(who))
        return Course(
            offered=demand.added([passing[each] for each in who], self.demand.minutes),
            admitted=came.admitted,
            calls=came.calls,
            units=came.units,
            hits=self._hits(terms, came),
            held=self._history(terms.place),
            starts=self._windows(terms) if terms.kind == "window" else {},
        )

    def _came(self, who: tuple[Callers, ...]) -> Calls:
        """All that came from these callers, worked out once."""
        if who not in self._sums:
            self._sums[who] = Calls.summed([self.demand.by_callers[each] for each in who], self.demand.minutes)
        return self._sums[who]

    def _refused(self, course: Course, terms: Terms) -> dict[int, int]:
        if terms.kind == "rate":
            return courses.refused_by_rate(course, terms)
        if terms.kind == "window":
            return courses.refused_by_window(course, terms)
        return courses.refused_by_jobs(course, terms, self.seconds(terms))

    def _history(self, place: Place) -> list[tuple[int, int, Terms]]:
        if place not in self._held:
            held = holding.over_time(self.rules, place)
            self._held[place] = [self._minutes(stretch) for stretch in held]
        return self._held[place]

    def _minutes(self, stretch: Stretch) -> tuple[int, int, Terms]:
        first = self.demand.minute_of(stretch.since)
        end = self.demand.minutes if stretch.until is None else self.demand.minute_of(stretch.until)
        return first, end, stretch.terms

    def _before(self, place: Place) -> int:
        return sum(one.calls for one in self.refusals(place))

    def _hits(self, terms: Terms, came: Calls) -> frozenset[int]:
        hours = {one.hour for one in self.refusals(terms.place)}
        return frozenset(minute for minute in came.hits[terms.kind] if minute // courses.MINUTE_S in hours)

    def _windows(self, terms: Terms) -> dict[int, int]:
        """In which minutes the limit's windows begin, and what is used of them there."""
        if terms.place not in self._starts:
            zone, window = self.organization.zone, terms.slot.window or ""
            found = {0: self._used(terms, self._begun(terms, zone))}
            for start in (
                calendar.beginnings(window, self.demand.since, self.demand.until, zone) if window != "term" else ()
            ):
                found[self.demand.minute_of(start)] = 0
            self._starts[terms.place] = found
        return self._starts[terms.place]

    def _begun(self, terms: Terms, zone: ZoneInfo) -> datetime:
        if terms.slot.window != "term":
            return calendar.begun(terms.slot.window or "", self.demand.since, zone)
        since = [rule.counts_since or rule.effective.lower for rule in self.rules if rule.about == terms.slot]
        return min(since, default=self.demand.since)

    def _used(self, terms: Terms, start: datetime) -> int:
        used = self.demand.used_since(start) if start < self.demand.since else {}
        return sum(both[terms.by_units] for who, both in used.items() if terms.meets(*who))


def week(organization: Organization, *, at: datetime, keys: Sequence[int] = ()) -> Week:
    """Read what the last seven days up to `at` were; the limits of these keys are told apart, of 20 at the most."""
    named = list(keys)[:MOST_KEYS]
    found = demand.read(organization.pk, at=at, keys=named, begun=organization.created_at)
    listed = holding.rules(organization, since=found.since, keys=named)
    return Week(organization, found, listed, durations.of(organization.pk))


def hours(organization: Organization, *, since: datetime, at: datetime, keys: Sequence[int] = ()) -> Week:
    """Read a longer time by its hours: nothing is known of a minute, so that it can be looked at and not replayed."""
    found = demand.read_hours(organization.pk, since=max(since, organization.created_at), at=at, keys=keys)
    listed = holding.rules(organization, since=found.since, keys=keys)
    return Week(organization, found, listed, durations.of(organization.pk))


def _shifted(effect: Effect, without: Mapping[Place, int]) -> Effect:
    more = effect.after - without.get(effect.place, effect.after)
    return replace(effect, after=max(0, effect.before + more))


def _length(terms: Terms) -> tuple[int, int, int, int]:
    """Those of a short time first; a key's before the organization's, a version's before those of any."""
    slot = terms.slot
    time = _WINDOWS.index(slot.window) if slot.window else slot.period_s or 0
    return _LONGEST_LAST.index(terms.kind), time, terms.key is None, slot.api_version is None


def _left(offered: Sequence[int], refused: Mapping[int, int]) -> list[int]:
    left = list(offered)
    for minute, calls in refused.items():
        left[minute] -= calls
    return left


def _take(columns: Sequence[list[int]], refused: Mapping[int, int], offered: Sequence[int]) -> None:
    """Take what a limit refused from those who called, each in proportion; what is left over, from the first."""
    for minute, calls in refused.items():
        whole, rest = offered[minute], calls
        for column in columns:
            taken = column[minute] * calls // whole
            column[minute] -= taken
            rest -= taken
        for column in columns if rest else ():
            taken = min(rest, column[minute])
            column[minute] -= taken
            rest -= taken
