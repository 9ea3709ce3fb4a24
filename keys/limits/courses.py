"""Minutes replayed against one limit: how many of each minute's calls it would have refused. Pure.

What is known of a minute is how many calls came, how many of them passed, and whether this very limit refused any. So:

- In a minute in which the limit refused nothing, the calls are taken to have come evenly spread over the minute.
- In a minute in which it did refuse, they came faster than that. How fast follows from what was admitted: a rate that
  admits `a` calls out of a bucket of `b` was asked for as long as it takes to earn the other `a − b`. The new limit is
  asked for just as long. With the same numbers it therefore refuses what was really refused.
- Running jobs are calls × mean duration; a minute that was refused any had reached the limit that held then, and each
  job more, or less, is a call more, or less.
- Cost units of a minute are the same for each of its calls.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from keys.limits.terms import Terms

MINUTE_S, MINUTE_US = 60, 60_000_000
# Whole, but where single calls were looked at.
Debt = int | Fraction


@dataclass
class Course:
    """The calls that meet a limit, minute by minute from the first one on.

    `offered` is what came, as far as limits before this one admit it; `admitted` what really passed; `units` the cost
    units of `calls`, all that came; `hits` the minutes in which this limit really refused. `held` says which terms the
    limit had: (first minute, first minute beyond, terms), none where there was no such limit. `starts` has, by the
    minutes in which a window begins, what is used of it already.
    """

    offered: Sequence[int]
    admitted: Sequence[int]
    calls: Sequence[int]
    units: Sequence[int]
    hits: Collection[int] = frozenset()
    held: Sequence[tuple[int, int, Terms]] = ()
    starts: Mapping[int, int] = field(default_factory=dict)

    def terms_of(self) -> list[Terms | None]:
        """Return which terms the limit had in each minute."""
        found: list[Terms | None] = [None] * len(self.offered)
        for first, end, terms in self.held:
            found[first:end] = [terms] * (end - first)
        return found

    def costs(self, minute: int, price: int, *, by_units: bool) -> int:
        """Return what one call of a minute costs, where a request or a unit costs `price`; rounded up."""
        return -(-price * self.units[minute] // (self.calls[minute] or 1)) if by_units else price


def refused_by_rate(course: Course, terms: Terms) -> dict[int, int]:
    """Return how many calls a rate would have refused, by minute.

    A debt is counted in 1/limit µs, so that a call costs a whole number of them, as in the limiter's own script.
    """
    stretches, by_units = _stretches(course), terms.by_units
    price, room, drain = terms.price, terms.room, MINUTE_US * terms.limit
    refused: dict[int, int] = {}
    debt: Debt = 0
    cost = price
    for minute, calls in enumerate(course.offered):
        if not calls:
            debt = debt - drain if debt > drain else 0
            continue
        if by_units:
            cost = course.costs(minute, price, by_units=True)
        passed, left = calls, None
        if cost > room:
            passed = 0
        elif minute in stretches:
            passed = max(0, min(stretches[minute].passed(terms, cost, room - debt), calls))
        elif debt + calls * cost > room:
            passed, left = _evenly(calls, cost, room, debt, drain)
        debt = max(0, debt + passed * cost - drain) if left is None else left
        if passed < calls:
            refused[minute] = calls - passed
    return refused


def _evenly(calls: int, cost: int, room: int, debt: Debt, drain: int) -> tuple[int, Debt | None]:
    """How many of evenly spread calls pass a bucket of `room` that loses `drain` in their minute.

    And what is owed at its end; None where that is what was owed, and what they cost, without the drain.
    """
    if calls * cost <= drain:
        # The bucket loses more than the calls put in: only what is owed from before can refuse the first ones.
        return max(0, calls - max(0, -(-(debt + cost - room) * calls // drain))), None
    if room < 2 * cost:
        return _one_by_one(calls, cost, room, debt, drain)
    # Calls come faster than the bucket empties, which is never quite empty then: no time is lost.
    return max(0, min(((room - debt) * calls + (calls - 1) * drain) // (calls * cost), calls)), None


def _one_by_one(calls: int, cost: int, room: int, debt: Debt, drain: int) -> tuple[int, Debt]:
    owed, passed, space = Fraction(debt), 0, Fraction(drain, calls)
    for _ in range(calls):
        if owed + cost <= room:
            owed, passed = owed + cost, passed + 1
        owed = max(Fraction(0), owed - space)
    return passed, int(owed) if owed.denominator == 1 else owed


@dataclass(frozen=True)
class Stretch:
    """For how long (µs) the limit was asked in a minute in which it refused, by what it admitted.

    `rest` is what it admitted beside what that explains: less than nothing where the bucket had been emptier than the
    minutes before tell. Then what passes is taken to be in proportion to the limit.
    """

    length_us: int
    admitted: int
    rest: int
    limit: int

    def passed(self, terms: Terms, cost: int, left: Debt) -> int:
        """Return how many calls of the minute another limit admits whose bucket has so much left."""
        earned = int((left + self.length_us * terms.limit) // cost) + self.rest
        if self.rest >= 0:
            return earned
        in_proportion = self.admitted * terms.limit // self.limit
        return max(earned, in_proportion) if terms.limit >= self.limit else min(earned, in_proportion)


def _stretches(course: Course) -> dict[int, Stretch]:
    """How each minute was in which the limit refused."""
    found: dict[int, Stretch] = {}
    for first, end, terms in course.held if course.hits else ():
        debt, room, drain = 0, terms.room, MINUTE_US * terms.limit
        for minute in range(first, end):
            admitted, cost = course.admitted[minute], course.costs(minute, terms.price, by_units=terms.by_units)
            spent = admitted * cost
            if minute in course.hits:
                length = max(0, min((spent + debt - room) // terms.limit, MINUTE_US))
                rest = admitted - (room - debt + length * terms.limit) // cost
                found[minute] = Stretch(length, admitted, rest, terms.limit)
            debt = max(0, min(debt + spent - drain, room))
    return found


def refused_by_window(course: Course, terms: Terms) -> dict[int, int]:
    """Return how many calls a calendar window would have refused, by minute.

    A failed generation gives its unit back: the replay does not know it, and learns how much that was whenever the
    window was really full.
    """
    refused: dict[int, int] = {}
    terms_of = course.terms_of()
    used = really = 0
    for minute, calls in enumerate(course.offered):
        used, really = (course.starts[minute],) * 2 if minute in course.starts else (used, really)
        if not course.calls[minute]:
            continue
        cost = course.costs(minute, 1, by_units=terms.by_units)
        really += course.admitted[minute] * cost
        if minute in course.hits and (held := terms_of[minute]):
            used, really = max(0, used + held.cap - really), held.cap
        # What costs nothing is refused, too, where more is used than is allowed.
        passed = calls if used + calls * cost <= terms.cap else max(0, (terms.cap - used) // max(1, cost))
        used += passed * cost
        if passed < calls:
            refused[minute] = calls - passed
    return refused


def refused_by_jobs(course: Course, terms: Terms, seconds: float | None) -> dict[int, int]:
    """Return how many calls a number of running jobs would have refused, by minute; `seconds` is what a job takes."""
    refused: dict[int, int] = {}
    met = zip(course.offered, running_jobs(course.offered, seconds), course.terms_of(), strict=True)
    for minute, (calls, running, held) in enumerate(met):
        if not calls:
            continue
        if minute in course.hits and held:
            passed = course.admitted[minute] + terms.limit - held.limit
        else:
            # Nothing was refused, so that the limit of then was not passed.
            most = min(running, held.limit) if held else running
            passed = calls if most <= terms.limit else int(calls * terms.limit / most)
        if passed < calls:
            refused[minute] = calls - max(0, passed)
    return refused


def running_jobs(calls: Sequence[int], seconds: float | None, step_s: int = MINUTE_S) -> list[float]:
    """Return how many jobs run at each minute's end, if each of its calls takes so long; none where that is unknown.

    With another `step_s` these are the calls of hours, and what runs in them on average.
    """
    if not seconds:
        return [0.0] * len(calls)
    shares = [min(1.0, (seconds - back) / step_s) for back in range(0, int(seconds) + 1, step_s)]
    if len(shares) == 1:
        return [count * shares[0] for count in calls]
    recent: deque[int] = deque(maxlen=len(shares))
    found = []
    for count in calls:
        recent.appendleft(count)
        found.append(sum(share * before for share, before in zip(shares, recent, strict=False)))
    return found
