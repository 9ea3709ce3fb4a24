"""The stretches of time that pages about decisions offer, and the slots in which they draw them. Pure; all in UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_MONTHS, _HOURS_A_DAY = 13, 24


@dataclass(frozen=True)
class Range:
    """The last hours, days or months, this one included. `unit` is how the slots are counted: hour, day or month."""

    value: str
    label: str
    unit: str
    count: int
    hours: int = 1

    def slots(self, now: datetime) -> Sequence[datetime]:
        """Return when each slot begins, the oldest first."""
        if self.unit == "month":
            return [_month(now, back) for back in reversed(range(self.count))]
        if self.unit == "day":
            today = now.replace(hour=0, minute=0, second=0, microsecond=0)
            return [today - back * DAY for back in reversed(range(self.count))]
        hour = now.replace(minute=0, second=0, microsecond=0)
        # Slots of two hours begin on even ones, so that they are the same for everybody.
        last = hour - (hour.hour % self.hours) * HOUR
        return [last - back * self.hours * HOUR for back in reversed(range(self.count))]

    def slot_of(self, at: datetime) -> datetime:
        """Return the beginning of the slot that an hour, a day or a month belongs to."""
        return at - (at.hour % self.hours) * HOUR if self.unit == "hour" else at

    @property
    def slot_label(self) -> str:
        return f"{self.hours} hours" if self.hours > 1 else self.unit

    def short(self, slot: datetime) -> str:
        """Write a slot below its bar: 14:00 in one day's hours, else 22 Nov or Nov."""
        if self.unit == "month":
            return f"{slot:%b}"
        return f"{slot:%H:%M}" if self.count == _HOURS_A_DAY else f"{slot:%-d %b}"

    def labelled(self, slots: Sequence[datetime]) -> dict[str, int]:
        """Return which slots have a text below them: of several days' hours, midnights."""
        if self.unit != "hour" or self.count == _HOURS_A_DAY:
            return {}
        first = next((n for n, slot in enumerate(slots) if slot.hour == 0), 0)
        return {"every": _HOURS_A_DAY // self.hours, "offset": first}

    def title(self, slot: datetime) -> str:
        """Write a slot in full: Sun 22 Nov, 14:00 UTC."""
        if self.unit == "month":
            return f"{slot:%B %Y}"
        return f"{slot:%a %-d %b %Y}" if self.unit == "day" else f"{slot:%a %-d %b, %H:%M} UTC"


RANGES = (
    Range("24h", "Last 24 hours", "hour", 24),
    Range("3d", "Last 3 days", "hour", 72),
    Range("7d", "Last 7 days", "hour", 84, hours=2),
    Range("30d", "Last 30 days", "day", 30),
    Range("13mo", "Last 13 months", "month", _MONTHS),
)


def chosen(value: str, *, default: str) -> Range:
    """Return the range that the address names, or the default."""
    by_value = {one.value: one for one in RANGES}
    return by_value.get(value) or by_value[default]


def _month(now: datetime, back: int) -> datetime:
    months = now.year * 12 + now.month - 1 - back
    return now.replace(year=months // 12, month=months % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
