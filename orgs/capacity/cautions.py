"""What an upper app has to say of a reservation: that it begins after a pilot's end, that a limit stands above it."""

from collections.abc import Callable, Iterable
from datetime import datetime

from orgs.models import Reservation

# Sentences about a reservation that holds units at that time or later.
Caution = Callable[[Reservation, datetime], Iterable[str]]

_cautions: list[Caution] = []


def register(caution: Caution) -> None:
    """Ask `caution` about reservations. Called by an AppConfig, once."""
    if caution not in _cautions:
        _cautions.append(caution)


def of(reservation: Reservation, *, at: datetime) -> list[str]:
    """Everything that is to be known before somebody relies on the reservation."""
    return [said for caution in _cautions for said in caution(reservation, at)]
