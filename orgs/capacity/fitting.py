"""Which days have no room for so many units, and when there is. Pure: `room` is the free units of each day."""

from collections.abc import Iterator, Mapping
from datetime import date

from orgs.capacity.spans import DAY, Span

Room = Mapping[date, int]


def full_days(room: Room, span: Span, *, units: int) -> list[date]:
    """The days of the span on which fewer units are free; a day of which nothing is known has none."""
    return [day for day in span if room.get(day, 0) < units]


def most_units(room: Room, span: Span) -> int:
    """The units that are free on every day of the span."""
    return min(room.get(day, 0) for day in span)


def reach(room: Room, span: Span, *, units: int) -> date | None:
    """The last day up to which the units are free without a gap from the span's first; None if not even on that."""
    days = full_days(room, span, units=units)
    last = days[0] - DAY if days else span.last
    return last if last >= span.first else None


def nearest(room: Room, span: Span, *, units: int) -> list[Span]:
    """The two nearest spans of the same length that fit, in the order of time; fewer where there are no more.

    One before and one after; where there is none on one side, two of the other that share no day.
    """
    before, after = _fits(room, span, units=units, step=-1), _fits(room, span, units=units, step=1)
    earlier, later = next(before, None), next(after, None)
    if earlier and later:
        return [earlier, later]
    found, more = (earlier, before) if earlier else (later, after)
    if found is None:
        return []
    second = next((one for one in more if not one.meets(found)), None)
    return sorted([found, second]) if second else [found]


def _fits(room: Room, span: Span, *, units: int, step: int) -> Iterator[Span]:
    """The spans of the same length that fit, each a day farther away than the one before."""
    if not room:
        return
    first, last = min(room), max(room)
    free = {day for day, left in room.items() if left >= units}
    moved = span.shifted(step)
    # Away from here, spans are tried until they leave what is known.
    while moved.last <= last if step > 0 else moved.first >= first:
        if all(day in free for day in moved):
            yield moved
        moved = moved.shifted(step)
