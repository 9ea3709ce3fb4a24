"""Which of several settings of one slot holds when: the last that was made, of those whose time it is. Pure.

A setting is made for a stretch of time, with or without an end. It lies over those made before it, which show again
where it has ended or was withdrawn. So at each instant exactly one holds wherever any was made for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Setting:
    """What was set for a stretch of time; `end` None is open. Later settings have higher ids."""

    id: int
    start: datetime
    end: datetime | None = None

    def covers(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def until(self, at: datetime) -> "Setting | None":
        """Return it as it is if it ends at that time at the latest; None where nothing of it is left."""
        if at <= self.start:
            return None
        return self if self.end is not None and self.end <= at else replace(self, end=at)


@dataclass(frozen=True)
class Slice:
    """A stretch in which a setting holds."""

    id: int
    start: datetime
    end: datetime | None


def slices(settings: Iterable[Setting], *, since: datetime) -> list[Slice]:
    """Return which setting holds when, from `since` on, in order of time and without two for one instant."""
    settings = list(settings)
    starts = _boundaries(settings, since)
    found: list[Slice] = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        holding = max((one.id for one in settings if one.covers(start)), default=None)
        if holding is None:
            continue
        if found and found[-1].id == holding and found[-1].end == start:
            found[-1] = replace(found[-1], end=end)
        else:
            found.append(Slice(holding, start, end))
    return found


def _boundaries(settings: Sequence[Setting], since: datetime) -> list[datetime]:
    moments = {moment for one in settings for moment in (one.start, one.end) if moment is not None}
    return sorted({since, *(moment for moment in moments if moment > since)})
