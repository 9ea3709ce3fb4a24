"""The most that was used of a limit, in minutes that are known. Pure."""

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
    used = list(passed)
    if terms.by_units:
        used = [
            count * units // (calls or 1) for count, units, calls in zip(used, course.units, course.calls, strict=True)
        ]
    if terms.kind == "window":
        return _fullest(course, used)
    return _busiest(used, length=max(1, (terms.slot.period_s or MINUTE_S) // MINUTE_S))


def _busiest(used: Sequence[int], *, length: int) -> int:
    if length == 1:
        return max(used, default=0)
    sums = [0, *accumulate(used)]
    return max((sums[min(at + length, len(used))] - sums[at] for at in range(len(used))), default=0)


def _fullest(course: Course, used: Sequence[int]) -> int:
    most = now = 0
    for minute, count in enumerate(used):
        now = course.starts.get(minute, now) + count
        most = max(most, now)
    return most


def _most_running(course: Course, passed: Sequence[int], seconds: float | None) -> int:
    terms_of = course.terms_of()
    reached = [held.limit for minute in course.hits if (held := terms_of[minute])]
    met = zip(running_jobs(passed, seconds), terms_of, strict=True)
    most = max((min(running, held.limit) if held else running for running, held in met), default=0)
    return max([round(most), *reached])
