"""Is it safe to end an old secret? Its silence, against what it did before the rotation. Pure: the time is an argument.

Calls are known by the hour. In the four weeks before the rotation each hour of the week was active so many times, with
so many calls; from both follows how likely it is to hear nothing for so long if nobody had moved. Silence means
something when that is less likely than one in a thousand, and when it is longer than any gap that there ever was.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from statistics import median
from typing import NamedTuple

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# So far back goes the rhythm that silence is measured against; below the least of it, there is none.
HISTORY = timedelta(days=28)
LEAST_HISTORY = timedelta(days=7)
LEAST_ACTIVE_HOURS = 5
LEAST_CHANCE = 0.001
FURTHEST = timedelta(days=45)
# A caller seen on the new secret since, and never on the old one for a day, has moved.
MOVED_AFTER = DAY

Hours = Mapping[datetime, int]


class Kind(Enum):
    """What can be said about ending the old secret."""

    NEVER_USED = "never used"
    SAFE = "safe"
    IN_USE = "in use"
    NOT_LONG_ENOUGH = "not long enough"
    TOO_FEW = "too few"


@dataclass(frozen=True)
class Silence:
    """How long nothing came, and what that is worth: `means_from` is when it is significant, None for not soon."""

    since: datetime
    longest_gap: timedelta
    chance: float
    means_from: datetime | None

    def means(self, *, at: datetime) -> bool:
        return self.means_from is not None and self.means_from <= at


class Caller(NamedTuple):
    """Who called with the old secret: in which hours how often, when last, and when last with the new one."""

    address: str | None
    user_agent: str
    hours: Hours
    last_at: datetime
    new_at: datetime | None = None

    @property
    def has_moved(self) -> bool:
        """Whether it was seen on the new secret since it last used the old one."""
        return self.new_at is not None and self.new_at >= self.last_at


@dataclass(frozen=True)
class Verdict:
    """Whether ending the old secret is safe, and on what that rests.

    `still` are the callers that speak against it. `safe_from` is when it will be safe if the old secret stays silent.
    """

    kind: Kind
    silence: Silence | None = None
    still: Sequence[Caller] = ()
    last_at: datetime | None = None
    safe_from: datetime | None = None
    everybody_moved: bool = False

    @property
    def is_safe(self) -> bool:
        return self.kind in (Kind.NEVER_USED, Kind.SAFE)


def judge(
    hours: Hours, callers: Sequence[Caller], *, last_at: datetime | None, began: datetime, now: datetime
) -> Verdict:
    """Judge an old secret by its calls an hour, those of each caller, its last use, and when the overlap began."""
    if last_at is None:
        return Verdict(Kind.NEVER_USED)
    whole = silence(hours, last_at=last_at, began=began, now=now)
    quiet_from = [quiet_at(caller, began=began, now=now) for caller in callers]
    loud = [caller for caller, quiet in zip(callers, quiet_from, strict=True) if quiet > now]
    # First who was not seen on the new one, and of them the latest.
    still = sorted(loud, key=lambda caller: (caller.has_moved, now - caller.last_at))
    means_from = whole.means_from if whole else None
    safe_from = max([means_from, *quiet_from]) if means_from else None
    moved = bool(callers) and all(caller.has_moved for caller in callers)
    return Verdict(_kind(whole, still, last_at=last_at, now=now), whole, still, last_at, safe_from, moved)


def quiet_at(caller: Caller, *, began: datetime, now: datetime) -> datetime:
    """Return from when on a caller of the old secret no longer speaks against ending it, if it stays silent.

    One with a rhythm: when its silence means something. One that comes too seldom for that: when it has been away for
    longer than ever before. One that has moved: after a day.
    """
    own = silence(caller.hours, last_at=caller.last_at, began=began, now=now)
    usual = own.means_from if own else None
    quiet = usual or caller.last_at + longest_gap([*caller.hours])
    return min(quiet, caller.last_at + MOVED_AFTER) if caller.has_moved else quiet


def silence(hours: Hours, *, last_at: datetime, began: datetime, now: datetime) -> Silence | None:
    """Say what it means that nothing came since `last_at`; None where too little came before the rotation to tell."""
    before = {hour: calls for hour, calls in hours.items() if began - HISTORY <= hour < began}
    if len(before) < LEAST_ACTIVE_HOURS or began - min(before) < LEAST_HISTORY:
        return None
    rhythm = _Rhythm.of(before, until=began)
    gap = longest_gap([*hours, _hour_of(last_at)])
    means_from = rhythm.unlikely_from(last_at)
    if means_from is not None:
        means_from = max(means_from, last_at + gap)
    return Silence(last_at, gap, rhythm.chance_of_silence(last_at, now), means_from)


def longest_gap(hours: Sequence[datetime]) -> timedelta:
    """Return a time that no two calls in a row were apart: an active hour's call may be its first or its last."""
    ordered = sorted(set(hours))
    return max((later - earlier for earlier, later in pairwise(ordered)), default=timedelta()) + HOUR


@dataclass(frozen=True)
class _Rhythm:
    """How likely each hour of the week is active, and how many calls an active hour has."""

    active: Mapping[int, float]
    calls: float

    @classmethod
    def of(cls, before: Hours, *, until: datetime) -> "_Rhythm":
        start = _hour_of(min(before))
        passed = Counter(_slot(start + n * HOUR) for n in range(int((until - start) / HOUR) or 1))
        seen = Counter(map(_slot, before))
        usual = len(before) / passed.total()
        # Drawn towards the usual share, since four weeks are few. Where there never was a call, none is expected.
        active = {slot: min(1.0, (count + usual) / (passed[slot] + 1)) for slot, count in seen.items()}
        return cls(active, float(median(before.values())))

    def chance_of_silence(self, start: datetime, end: datetime) -> float:
        return math.exp(sum(self._log_chance(at, part) for at, part in _parts(start, end)))

    def unlikely_from(self, start: datetime) -> datetime | None:
        """Return the end of the hour from which on silence since `start` is unlikely enough; None where that is far."""
        total = 0.0
        for at, part in _parts(start, start + FURTHEST):
            total += self._log_chance(at, part)
            if total < math.log(LEAST_CHANCE):
                return _hour_of(at) + HOUR
        return None

    def _log_chance(self, at: datetime, part: float) -> float:
        active = self.active.get(_slot(at), 0.0)
        # A whole hour that is always active is still given a chance to be silent.
        return math.log(max(1 - active + active * math.exp(-self.calls * part), 1e-9))


def _kind(whole: Silence | None, still: Sequence[Caller], *, last_at: datetime, now: datetime) -> Kind:
    if whole is not None and whole.means(at=now) and not still:
        return Kind.SAFE
    if still or now - last_at < HOUR:
        return Kind.IN_USE
    return Kind.TOO_FEW if whole is None or whole.means_from is None else Kind.NOT_LONG_ENOUGH


def _parts(start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
    """Yield the clock hours between two times, each from where it counts, with the part of it that counts."""
    at = start
    while at < end:
        following = min(_hour_of(at) + HOUR, end)
        yield at, (following - at) / HOUR
        at = following


def _slot(at: datetime) -> int:
    return at.weekday() * 24 + at.hour


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
