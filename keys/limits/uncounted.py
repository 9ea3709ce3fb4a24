"""Admissions while the counter store was away: put down in this process, and counted once the store is back.

By the plan's policy they were admitted without asking a limit. Afterwards they spend from each of them: an outage is no
free ride. What a process has put down, and not counted when it dies, is lost.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from keys import tail
from keys.limits import calls, scripts, store, windows
from keys.limits.applying import Limit
from keys.limits.limiter import Spending
from keys.limits.scripts import Question
from keys.limits.windows import Sums

SCRIPT = (Path(__file__).parent / "recount.lua").read_text()
# About a hundred MB at the worst; whatever is admitted beyond is never counted.
MOST_WAITING = 50_000
# One round trip of these takes a few milliseconds of the store's time.
AT_ONCE = 100
# Each may have to wait for every of its windows.
MOST_QUESTIONS = 8
_COUNTED, _KNOWN = 0, -1

# What became of an admission: counted now, counted before already, or never.
Outcome = Literal["counted", "known", "lost"]


class Waiting(NamedTuple):
    """An admission that nobody has counted."""

    spending: Spending
    at: datetime
    sums: Sums


# Told how many admissions had which outcome.
on_outcome: list[Callable[[Outcome, int], object]] = []
_waiting: deque[Waiting] = deque()


def note(spending: Spending, *, at: datetime, sums: Sums) -> None:
    """Put down an admission; `sums` is what a window has used before, as for a decision."""
    if len(_waiting) >= MOST_WAITING:
        _tell("lost", 1)
    else:
        _waiting.append(Waiting(spending, at, sums))


def count(counters: store.Store | None = None) -> None:
    """Count what waits, where the store is back. Called once a second by the thread that reads the change feed."""
    while _waiting:
        some = [_waiting.popleft() for _ in range(min(AT_ONCE, len(_waiting)))]
        try:
            _count(counters or store.current(), some)
        except store.CounterStoreDown:
            # Those that were counted all the same are known by then.
            _waiting.extendleft(reversed(some))
            return


def waiting() -> int:
    """Return how many admissions wait to be counted."""
    return len(_waiting)


def _count(counters: store.Store, some: Sequence[Waiting]) -> None:
    counted = known = 0
    for _ in range(MOST_QUESTIONS):
        answers = scripts.evaluate_all(counters, SCRIPT, [_question(one) for one in some])
        unseeded = [(one, int(told)) for one, told in zip(some, answers, strict=True) if told > 0]
        counted, known = counted + answers.count(_COUNTED), known + answers.count(_KNOWN)
        for one, place in unseeded:
            _seed(counters, one, _limits(one)[place - 1])
        some = [one for one, _ in unseeded]
        if not some:
            break
    _tell("counted", counted)
    _tell("known", known)
    # A counter that does not stay is a store that is not well.
    _tell("lost", len(some))


def _seed(counters: store.Store, one: Waiting, limit: Limit) -> None:
    spending = one.spending
    windows.seed(counters, limit, organization=spending.organization, key=spending.key, at=one.at, sums=one.sums)


def _limits(one: Waiting) -> list[Limit]:
    """What it meets; a window that is not known any more is nobody's to count."""
    return [limit for limit in one.spending.limits if limit.kind != "window" or limit.window_at(one.at)]


def _question(one: Waiting) -> Question:
    spending, limits = one.spending, _limits(one)
    organization, key = spending.organization, spending.key
    bounds = [limit.window_at(one.at) if limit.kind == "window" else None for limit in limits]
    counters = [
        calls.counter(organization, key, limit, start=of and of[0]) for limit, of in zip(limits, bounds, strict=True)
    ]
    rows = [
        calls.row(limit, of, units=spending.units, takes=spending.takes)
        for limit, of in zip(limits, bounds, strict=True)
    ]
    opens = calls.opens(limits, organization=organization, key=key, at=one.at)
    # By its request id, or by its own: a second try must find it.
    memory = calls.replay_key(organization, spending.request_id or spending.decision_id)
    return [f"{{{organization}}}:tally", memory, *counters, *opens], [msgspec.json.encode(rows), *_told(one)]


def _told(one: Waiting) -> list[Any]:
    """What the script asks of the call itself."""
    spending = one.spending
    return [
        calls.microseconds(one.at),
        spending.job_ms,
        spending.member,
        spending.bound_to,
        spending.decision_id,
        f"|{spending.public_id}|{spending.api_version}|",
        spending.caller,
        (spending.units << calls.CALL_BITS) + 1,
    ]


def _tell(outcome: Outcome, times: int) -> None:
    if times:
        for told in on_outcome:
            told(outcome, times)


tail.each_round.append(count)
# What the parent has put down is the parent's to count.
os.register_at_fork(after_in_child=_waiting.clear)
