"""A limit over time: how high it was, how much of it was used, and what it refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from keys.limits import peaks, replay
from keys.limits.courses import Course, running_jobs
from keys.limits.demand import HOUR
from keys.limits.replay import Week
from keys.limits.terms import Terms
from orgs.models import Organization

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """A time that can be looked at, in points of `step`, with a text below the points that are `told` apart.

    Of one that is longer than minutes are kept, hours are read.
    """

    value: str
    label: str
    length: timedelta
    step: timedelta
    every: str
    told: timedelta
    is_long: bool = False

    def first(self, at: datetime) -> datetime:
        """Return when the first point begins: on full steps of UTC, so that they are the same for everybody."""
        since = at - self.length
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + (since - midnight) // self.step * self.step


SPANS = (
    Span("24h", "24 hours", DAY, timedelta(minutes=15), "quarter of an hour", 4 * HOUR),
    Span("7d", "7 days", 7 * DAY, 2 * HOUR, "two hours", DAY),
    Span("30d", "30 days", 30 * DAY, 8 * HOUR, "eight hours", 5 * DAY, is_long=True),
    Span("90d", "90 days", 90 * DAY, DAY, "day", 15 * DAY, is_long=True),
)
USUAL = SPANS[1]


@dataclass(frozen=True)
class Point:
    """One step of it; `limit` None is none at its end."""

    at: datetime
    limit: int | None
    used: int
    refused: int


def span(value: str | None) -> Span:
    """Return the time that an address names, or the usual one."""
    return next((one for one in SPANS if one.value == value), USUAL)


def known(organization: Organization, span: Span, *, at: datetime, week: Week, keys: Sequence[int]) -> Week:
    """Return what the counts of that time are, `week` where it has them."""
    return replay.hours(organization, since=span.first(at), at=at, keys=keys) if span.is_long else week


def trace(week: Week, terms: Terms, span: Span) -> list[Point]:
    """Return the limit of a place in every step of the time up to the end of what is known."""
    course, demand = week.course(terms), week.demand
    used, held, refused = used_by(week, course, terms), course.terms_of(), _refused(week, course, terms)
    points = []
    begin = span.first(max(demand.until - span.length, demand.since) + span.length)
    while begin < demand.until:
        start, stop = demand.minute_of(begin), demand.minute_of(begin + span.step)
        last = held[stop - 1] if stop else None
        most, calls = max(used[start:stop], default=0), sum(refused[start:stop])
        points.append(Point(begin, last.limit if last else None, most, calls))
        begin += span.step
    return points


def used_by(week: Week, course: Course, terms: Terms) -> Sequence[int]:
    """Return what is used of the limit in each minute, or hour; on average where its period is shorter than that."""
    step_s = int(week.demand.step.total_seconds())
    if terms.kind == "concurrency":
        return [round(running) for running in running_jobs(course.offered, week.seconds(terms), step_s)]
    spent = peaks.spent(course, terms, course.offered)
    if terms.kind == "window":
        return peaks.filled(course, spent)
    period_s = terms.slot.period_s or step_s
    if period_s < step_s:
        return [-(-calls * period_s // step_s) for calls in spent]
    return peaks.within(spent, length=period_s // step_s)


def _refused(week: Week, course: Course, terms: Terms) -> list[int]:
    """What the limit refused in each minute, or hour.

    Which limit it was is counted by the hour. Its minutes get their shares by how many calls did not pass in each.
    """
    found, demand = [0] * week.demand.minutes, week.demand
    each = HOUR // demand.step
    for hour, calls in _by_hour((one.hour, one.calls) for one in week.refusals(terms.place)).items():
        places = range(hour * each, min((hour + 1) * each, demand.minutes))
        short = {at: course.calls[at] - course.admitted[at] for at in places}
        shares = {at: many for at, many in short.items() if many and (at in course.hits or each == 1)} or {places[0]: 1}
        for at, share in _shared(calls, shares).items():
            found[at] += share
    return found


def _by_hour(refused: Iterable[tuple[int, int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for hour, calls in refused:
        found[hour] = found.get(hour, 0) + calls
    return found


def _shared(calls: int, shares: Mapping[int, int]) -> dict[int, int]:
    """Share calls out in proportion, all of them."""
    total, given, seen = sum(shares.values()), 0, 0
    found = {}
    for at, share in shares.items():
        seen += share
        found[at] = calls * seen // total - given
        given += found[at]
    return found
