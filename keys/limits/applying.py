"""Which limits a call meets, and in which exact numbers. Pure: the time is an argument."""

import math
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import msgspec

# Lua counts in doubles, which hold every integer up to twice this one.
LARGEST_EXACT = 2**52
# How the slot of a limit is named that holds for every API version.
ANY = "any"

Kind = Literal["rate", "window", "concurrency", "reserved"]


class Limit(msgspec.Struct, frozen=True, dict=True):
    """A rule as the database keeps it. `owner` is plan, organization or key; no `api_version` means any.

    A rate has `period_s` and `burst`. A window has `window`, and in `bounds` when this one began, when the next begins,
    and the one after it. A limit of running jobs has neither. Of kind "reserved" it is what an organization has
    reserved in a pool, whose name it bears. Kept for many calls, so that what follows from it is worked out once.
    """

    id: int
    name: str
    owner: str
    dimension: str
    api_version: str | None
    limit: int
    period_s: int | None
    burst: int | None
    mode: str
    effective_from: datetime | None
    effective_until: datetime | None
    kind: Kind = "rate"
    window: str | None = None
    overage: int = 0
    bounds: tuple[datetime, ...] = ()

    @cached_property
    def slot(self) -> str:
        """What the limit is about. Limits of one slot share their counter: a change of numbers refills nothing."""
        return ":".join(
            filter(None, [self.dimension, self.api_version or ANY, str(self.period_s or self.window or "")])
        )

    @cached_property
    def blocks(self) -> bool:
        return self.mode == "block"

    @cached_property
    def quoted(self) -> str:
        """The name as a string of structured fields (RFC 9651), which know ASCII alone."""
        plain = "".join(letter if " " <= letter <= "~" else "?" for letter in self.name)
        escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    @cached_property
    def policy(self) -> str:
        """What the RateLimit-Policy header says of it."""
        if self.kind in ("concurrency", "reserved"):
            return f'{self.quoted};q={self.limit};qu="concurrent-requests"'
        return f"{self.quoted};q={self.limit};w={self.seconds}"

    @cached_property
    def seconds(self) -> int:
        """How long its period or its window is; 0 where it has none."""
        if self.kind == "window" and len(self.bounds) > 1:
            return int((self.bounds[1] - self.bounds[0]).total_seconds())
        return self.period_s or 0

    @cached_property
    def room(self) -> int:
        """The most that can remain."""
        return self.limit if self.burst is None else self.burst

    def is_effective(self, *, at: datetime) -> bool:
        begun = self.effective_from is None or self.effective_from <= at
        return begun and (self.effective_until is None or at < self.effective_until)

    def cost(self, units: int) -> int:
        """Return what one call takes from this limit."""
        return units if self.dimension == "units" else 1

    def window_at(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Return the window in which a time lies; None where it is not known."""
        pairs = zip(self.bounds, self.bounds[1:], strict=False)
        return next((pair for pair in pairs if pair[0] <= at < pair[1]), None)

    @cached_property
    def exact(self) -> tuple[int, int]:
        """Return the rate in lowest terms as (count, microseconds): so many in so long, in numbers that stay exact.

        Where a bucket of them would be too large for the script, one every so many microseconds, rounded up.
        """
        period = (self.period_s or 1) * 1_000_000
        shared = math.gcd(self.limit, period)
        count, period = self.limit // shared, period // shared
        if (self.burst or 1) * period < LARGEST_EXACT:
            return count, period
        return 1, -(-period // count)


def remembered(memory: dict[Any, Any], limits: Iterable[Limit], *, api_version: str, at: datetime) -> tuple[Limit, ...]:
    """Return what `applying` does, worked out once for as long as no limit begins or ends."""
    kept: tuple[datetime, datetime | None, tuple[Limit, ...]] | None = memory.get(api_version)
    if kept is None or at < kept[0] or (kept[1] is not None and at >= kept[1]):
        moments = [moment for one in limits for moment in (one.effective_from, one.effective_until)]
        until = min((moment for moment in moments if moment is not None and moment > at), default=None)
        kept = memory[api_version] = (at, until, applying(limits, api_version=api_version, at=at))
    return kept[2]


def applying(limits: Iterable[Limit], *, api_version: str, at: datetime) -> tuple[Limit, ...]:
    """Return the limits that hold now for a call of this version, in the order in which they are given.

    An organization's limit replaces the plan's of the same slot. A key's is a further one. A limit of this version and
    one for any version both hold.
    """
    current = [one for one in limits if one.api_version in (None, api_version) and one.is_effective(at=at)]
    replaced = {one.slot for one in current if one.owner == "organization"}
    return tuple(one for one in current if one.owner != "plan" or one.slot not in replaced)
