"""What state a pilot is in as people see it: its stored state, judged by the clock."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

from keys.models import Pilot
from keys.states import Seen

State = Pilot.State

CHOICES = [
    ("open", "Running or to begin"),
    ("soon", "Ends within 14 days"),
    ("planned", "Planned"),
    ("ended", "Ended"),
    ("converted", "Converted"),
    ("cancelled", "Cancelled"),
    ("all", "All"),
]


def seen(pilot: Pilot, *, at: datetime) -> Seen:
    """Return the badge of a pilot at that time."""
    if pilot.is_open and pilot.has_ended(at=at):
        return Seen("Ended", "bad", "clock", until=pilot.ends_at)
    if pilot.is_open and not pilot.has_started(at=at):
        return Seen("Begins later", "info", "calendar-days", "begins", pilot.starts_at)
    label, tone, icon = _BADGES[State(pilot.state)]
    return Seen(label, tone, icon, "ends" if pilot.is_open else "", pilot.ends_at if pilot.is_open else None)


_BADGES = {
    State.DRAFT: ("Planned", "info", "pencil"),
    State.ACTIVE: ("Running", "ok", "beaker"),
    State.EXTENDED: ("Extended", "ok", "beaker"),
    State.CONVERTED: ("Converted", "ok", "check-circle"),
    State.EXPIRED: ("Ended", "bad", "clock"),
    State.CANCELLED: ("Cancelled", "", "x-circle"),
}


def condition(chosen: str, *, at: datetime, soon: datetime) -> Q:
    """Return the filter of a choice; of one that there is not, that of the first."""
    return _CONDITIONS.get(chosen, _CONDITIONS["open"])(at, soon)


_OPEN = Q(state__in=Pilot.OPEN)
_CONDITIONS: dict[str, Callable[[datetime, datetime], Q]] = {
    "open": lambda at, soon: _OPEN & Q(ends_at__gt=at),
    "soon": lambda at, soon: _OPEN & Q(ends_at__gt=at, ends_at__lte=soon),
    "planned": lambda at, soon: Q(state=State.DRAFT),
    "ended": lambda at, soon: Q(state=State.EXPIRED) | (_OPEN & Q(ends_at__lte=at)),
    "converted": lambda at, soon: Q(state=State.CONVERTED),
    "cancelled": lambda at, soon: Q(state=State.CANCELLED),
    "all": lambda at, soon: Q(),
}
