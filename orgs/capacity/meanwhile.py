"""Where an organization's jobs run until a reservation of it begins."""

from datetime import datetime

from orgs.capacity import spans
from orgs.models import Reservation

NAMED = 3
_BEYOND = {
    True: "Beyond that they run in the shared room.",
    False: "Beyond that they run in the shared room or are refused, as those reservations say.",
}


def told(reservation: Reservation, *, at: datetime) -> str:
    """Say where its organization's jobs of the version run until it begins, and what else is reserved for them then."""
    version, days = reservation.pool.api_version, (spans.day_of(at), reservation.span.first)
    active = Reservation.objects.filter(organization=reservation.organization_id, state=Reservation.State.ACTIVE)
    others = list(active.filter(pool__api_version=version).touching(*days).select_related("pool"))
    if not others:
        return f"Until then the organization’s {version} jobs run in the shared room."
    more = len(others) - NAMED
    named = "; ".join([str(one) for one in others[:NAMED]] + ([f"{more} more"] if more > 0 else []))
    beyond = _BEYOND[all(one.overflow == Reservation.Overflow.SHARED for one in others)]
    return f"Until then the organization’s {version} jobs run in what else is reserved for it: {named}. {beyond}"
