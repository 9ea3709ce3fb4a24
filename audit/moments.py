"""Times as people write them into a filter: 2026-11-22, 2026-11-22T14:05, 7d. Days and clock times are UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta

AGO = re.compile(r"([0-9]{1,4})([hdw])")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def parse(text: str, *, now: datetime) -> datetime:
    """The moment that the text means, a day being its first moment; ValueError with a sentence that helps."""
    if found := AGO.fullmatch(text.strip().lower()):
        return now - int(found[1]) * UNITS[found[2]]
    try:
        return _written(text.strip())
    except (ValueError, OverflowError):
        raise ValueError(f"“{text}” is no time. Write 2026-11-22, 2026-11-22T14:05 or, for a week ago, 7d.") from None


def _written(text: str) -> datetime:
    if len(text) <= 10:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
