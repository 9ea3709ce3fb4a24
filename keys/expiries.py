"""The marks on the way to a key's expiry, at which its contacts are told. Pure: the time is an argument."""

from datetime import datetime, timedelta

# So many days before it; at 0 it has expired.
MARKS = (30, 14, 7, 1, 0)
FURTHEST = timedelta(days=max(MARKS))


def reached(expires_at: datetime | None, *, now: datetime) -> int | None:
    """Return the last mark that was reached; None for a key that never expires, or not so soon."""
    if expires_at is None:
        return None
    return min((days for days in MARKS if expires_at <= now + timedelta(days=days)), default=None)
