"""Calendar windows: a counter that is missing is not zero, so that it is read from what is written down, once.

What windows of generations and cost units have used is kept equal to the ledger by windows.lua, which says how.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from keys.limits import calls, scripts, store
from keys.limits.applying import Limit
from keys.limits.scripts import Question

SCRIPT = (Path(__file__).parent / "windows.lua").read_text()
# Counters outlive their window by this: a report may come late, and a page may want to look back.
KEPT_MS = 24 * 3_600 * 1_000
# Sums are being read for so long at most, by the script's own measure a little less.
READING_MS = 10_000

# KEYS 1 the mark     ARGV 1 how long it stays, ms
# The mark first: whatever was settled before it was committed before it, so that the sums see it.
_BEGIN = """
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)
"""
Mode = Literal["seed", "reconcile"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Window(msgspec.Struct, frozen=True, omit_defaults=True):
    """One window of one limit: whose it is, what it counts, from when until when, in us of unix time."""

    organization: int
    by: str
    slot: str
    start: int
    end: int
    key: int | None = None
    version: str | None = None

    @property
    def starts_at(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.start)

    @property
    def ends_at(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.end)


class Totals(msgspec.Struct, frozen=True):
    """What windows have used by what is written down, in the order asked; `seen` are the transactions in the sums."""

    used: Sequence[int]
    seen: str = ""


# What windows have used before now.
Sums = Callable[[Sequence[Window]], Totals]


def of(limit: Limit, *, organization: int, key: int, at: datetime) -> Window:
    """Return the limit's window at this time. Raises calls.NoWindow."""
    bounds = limit.window_at(at)
    if bounds is None:
        raise calls.NoWindow(limit.name)
    start, end = map(calls.microseconds, bounds)
    whose = key if limit.owner == "key" else None
    return Window(organization, limit.dimension, limit.slot, start, end, whose, limit.api_version)


def seed(counters: store.Store, limit: Limit, *, organization: int, key: int, at: datetime, sums: Sums) -> None:
    """Write down what the present window has used, where nobody has meanwhile. Raises calls.NoWindow."""
    window = of(limit, organization=organization, key=key, at=at)
    counter = calls.counter(organization, key, limit, start=window.starts_at)
    (began,) = begin(counters, [organization])
    totals = sums([window])
    counters.evaluate(SCRIPT, *writing("seed", counter, window, totals.used[0], totals.seen, began))


def begin(counters: store.Store, organizations: Sequence[int]) -> list[int]:
    """Have reports remembered that are settled while sums are read; returns when that began, by the store's clock."""
    answers = scripts.evaluate_all(counters, _BEGIN, [([_reading(one)], [READING_MS]) for one in organizations])
    return [int(began) for began in answers]


def writing(mode: Mode, counter: str, window: Window, used: int, seen: str, began: int) -> Question:
    """Return what to ask the script, so that a counter that is missing is seeded, or one that is there reconciled."""
    names = [*names_of(window.organization), counter, calls.opened(counter)]
    until = window.end // 1_000 + KEPT_MS
    return names, [mode, used, seen, began, msgspec.json.encode(window), until]


def used(kept: bytes) -> int:
    """Return what a counter says was used."""
    return int(struct.unpack_from("<d", kept)[0])


def names_of(organization: int) -> list[str]:
    """Return where stands which windows are counted, that sums are read just now, and what was settled meanwhile."""
    tag = f"{{{organization}}}"
    return [counted_key(organization), _reading(organization), f"{tag}:windows:settled"]


def counted_key(organization: int) -> str:
    return f"{{{organization}}}:windows"


def _reading(organization: int) -> str:
    return f"{{{organization}}}:windows:reading"
