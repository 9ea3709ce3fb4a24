"""There is no room: on which days, and when there is."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.core.exceptions import ValidationError

from orgs.capacity import fitting, spans
from orgs.capacity.spans import Span


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
    most = max((room.get(day, 0) for day in days), default=0)
    on = joined(spans.runs(days))
    if most == 0:
        return f"no unit is free on {on}"
    return f"at most {counted(most)} {'is' if most == 1 else 'are'} free on {on}"
