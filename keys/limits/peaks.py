"""How much was used of a limit, and the most of it, in minutes that are known. Pure."""

from collections.abc import Sequence
from itertools import accumulate

from keys.limits.courses import MINUTE_S, Course, running_jobs
from keys.limits.terms import Terms


def most_used(course: Course, terms: Terms, passed: Sequence[int], seconds: float | None = None) -> int:
    """Return the most that the calls which passed have used: in a period, in a window, or at once.

    A period shorter than a minute is told by its busiest minute; `seconds` is what a running job takes.
    """
    if terms.kind == "concurrency":
        return _most_running(course, passed, seconds)
    used = spent(course, terms, passed)
    if terms.kind == "window":
        return max(filled(course, used), default=0)
    return max(within(used, length=max(1, (terms.slot.period_s or MINUTE_S) // MINUTE_S)), default=0)


def spent(course: Course, terms: Terms, passed: Sequence[int]) -> Sequence[int]:
    """Return what the calls of each minute cost: their number, or their cost units."""
    if not terms.by_units:
        return passed
    known = zip(passed, course.units, course.calls, strict=True)
    return [count * units // (calls or 1) for count, units, calls in known]


def within(used: Sequence[int], *, length: int) -> Sequence[int]:
    """Return for each minute what was used in the `length` minutes that end with it."""
    if length == 1:
        return used
    sums = [0, *accumulate(used)]
    return [sums[at] - sums[max(0, at - length)] for at in range(1, len(sums))]


def filled(course: Course, used: Sequence[int]) -> list[int]:
    """Return what was used of a calendar window by each minute's end."""
    found, now = [], 0
    for minute, count in enumerate(used):
        now = course.starts.get(minute, now) + count
        found.append(now)
    return found


def _most_running(course: Course, passed: Sequence[int], seconds: float | None) -> int:
    terms_of = course.terms_of()
    reached = [held.limit for minute in course.hits if (held := terms_of[minute])]
    met = zip(running_jobs(passed, seconds), terms_of, strict=True)
    most = max((min(running, held.limit) if held else running for running, held in met), default=0)
    return max([round(most), *reached])
