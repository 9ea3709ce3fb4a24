"""How long a pilot may last, what its next steps are, and when its end is told. Pure: the time is an argument."""

from datetime import datetime, timedelta

# So many days before its end the customer and the account manager are told; at this share of its cap, too.
MARKS = (14, 7, 1)
CAP_PERCENT = 80
# From then on what stands in the way of converting it is shown.
AHEAD = timedelta(days=max(MARKS))
FARTHEST = timedelta(days=366)


def reached(ends_at: datetime, *, now: datetime) -> int | None:
    """Return the last mark before the end that was reached; None where none was, or it has ended."""
    if ends_at <= now:
        return None
    return min((days for days in MARKS if ends_at <= now + timedelta(days=days)), default=None)


def cap_reached(used: int, cap: int | None) -> bool:
    """Say whether so much of the cap is used that people are to be told."""
    return cap is not None and used * 100 >= cap * CAP_PERCENT


def percent(used: int, cap: int) -> int:
    """Return how much of the cap is used, rounded down; it may be more than 100."""
    return used * 100 // cap
