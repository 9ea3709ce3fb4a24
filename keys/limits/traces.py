"""A limit over the last seven days: how high it was, how much of it was used, and what it refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from keys.limits import peaks
from keys.limits.courses import MINUTE_S, Course, running_jobs
from keys.limits.replay import Week
from keys.limits.terms import Terms

HOURS = 2


@dataclass(frozen=True)
class Point:
    """Two hours of it; `limit` None is none at their end."""

    at: datetime
    limit: int | None
    used: int
    refused: int


def trace(week: Week, terms: Terms) -> list[Point]:
    """Return the limit of a place in every two hours of the week, the first ones from an even hour on."""
    course, first = week.course(terms), week.demand.since
    used, held = _used(course, terms, week.seconds(terms)), course.terms_of()
    refused: dict[int, int] = {}
    for one in week.refusals(terms.place):
        refused[one.hour] = refused.get(one.hour, 0) + one.calls
    points = []
    begin = first - timedelta(hours=first.hour % HOURS)
    while begin < week.demand.until:
        end = begin + timedelta(hours=HOURS)
        start, stop = week.demand.minute_of(begin), week.demand.minute_of(end)
        last = held[stop - 1] if stop else None
        hours = [(begin - first) // timedelta(hours=1) + each for each in range(HOURS)]
        most = max(used[start:stop], default=0)
        points.append(Point(begin, last.limit if last else None, most, sum(refused.get(hour, 0) for hour in hours)))
        begin = end
    return points


def _used(course: Course, terms: Terms, seconds: float | None) -> Sequence[int]:
    """What is used of the limit at each minute's end."""
    if terms.kind == "concurrency":
        return [round(running) for running in running_jobs(course.offered, seconds)]
    spent = peaks.spent(course, terms, course.offered)
    if terms.kind == "window":
        return peaks.filled(course, spent)
    length = max(1, (terms.slot.period_s or MINUTE_S) // MINUTE_S)
    return peaks.within(spent, length=length)
