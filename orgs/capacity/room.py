"""There is no room: on which days, and when there is."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.core.exceptions import ValidationError

from orgs.capacity import fitting, spans
from orgs.capacity.spans import Span

# A sentence names so many numbers of free units; of more it tells the largest.
MOST_TOLD = 3


class NoRoom(ValidationError):
    """Units that are not free on every day. `others` fit as asked; `most` units fit as long as asked."""

    def __init__(self, message: str, *, days: Sequence[Span], others: Sequence[Span] = (), most: int = 0) -> None:
        super().__init__(message)
        self.days, self.others, self.most = list(days), list(others), most


def refused(whose: str, pool: str, span: Span, *, units: int, room: Mapping[date, int]) -> NoRoom:
    """Say that the organization cannot have the units, and what it can have."""
    days = fitting.full_days(room, span, units=units)
    when = f"on {span}" if len(span) == 1 else f"from {span}"
    message = f"{whose} cannot have {counted(units)} in {pool} {when}: {_why(room, days)}."
    others = fitting.nearest(room, span, units=units)
    return NoRoom(message, days=spans.runs(days), others=others, most=fitting.most_units(room, span))


def too_long(pool: str, added: Span, *, units: int, room: Mapping[date, int]) -> NoRoom:
    """Say that a reservation cannot last longer by these days, and how long it can."""
    days = fitting.full_days(room, added, units=units)
    last = fitting.reach(room, added, units=units)
    until = f" It can last until {last:%-d %b}." if last else ""
    message = f"{counted(units).capitalize()} cannot stay in {pool} for {added}: {_why(room, days)}.{until}"
    return NoRoom(message, days=spans.runs(days), others=[Span(added.first, last)] if last else [])


def counted(units: int) -> str:
    """1 unit, 12 units."""
    return "1 unit" if units == 1 else f"{units} units"


def joined(days: Sequence[Span]) -> str:
    """Spans as a list in a sentence: 28 to 30 Nov, 3 Dec and 7 to 9 Dec."""
    said = [str(one) for one in days]
    return " and ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def _why(room: Mapping[date, int], days: Sequence[date]) -> str:
    """What is free instead, by days: no unit is free on 25 to 28 Nov, 12 on 29 Nov to 5 Dec."""
    by_free: dict[int, list[date]] = {}
    for day in days:
        by_free.setdefault(room.get(day, 0), []).append(day)
    if len(by_free) > MOST_TOLD:
        return _in_short(by_free)
    (first, its_days), *others = by_free.items()
    return _listed([f"{_free(first)} on {_on(its_days)}", *(f"{free or 'none'} on {_on(on)}" for free, on in others)])


def _in_short(by_free: Mapping[int, Sequence[date]]) -> str:
    """Where it differs from day to day: when there is none, and the most that there is on the others."""
    some = sorted(day for free, on in by_free.items() if free for day in on)
    most = f"at most {_free(max(by_free))} on {_on(some)}"
    return _listed([f"no unit is free on {_on(by_free[0])}", most]) if 0 in by_free else most


def _free(units: int) -> str:
    return f"{counted(units) if units else 'no unit'} {'is' if units < 2 else 'are'} free"


def _on(days: Sequence[date]) -> str:
    return joined(spans.runs(days))


def _listed(said: Sequence[str]) -> str:
    return ("; " if any("," in one for one in said) else ", ").join(said)
