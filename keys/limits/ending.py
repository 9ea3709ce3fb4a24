"""Renewing and ending running jobs by their leases alone, also after the counter store was lost.

A job that has ended leaves a tombstone for as long as its lease could have lasted. Each hash tag that knows of the job,
the organization's and the pool's, has one of its own: whatever comes late meets it there.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from keys.limits import calls, pools, running, scripts, store
from keys.limits.leases import Held

# KEYS 1 the tombstone, then sets of jobs, then of each window what is open and its counter
# ARGV 1 the job  2 its last end, ms  3 how many sets of jobs  4 how long it runs, ms  then what it costs in each window
# Answers when the job ends, ms; 0 where it is over. Nobody is asked for room: the job is running.
_RENEW = """
local call = redis.call
local time = call('TIME')
local now, last = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2])
if now >= last or tonumber(call('GET', KEYS[1]) or 0) >= last then return 0 end
local ends, sets = math.min(now + ARGV[4], last), tonumber(ARGV[3])
for i = 2, 1 + sets do call('ZADD', KEYS[i], ends, ARGV[1]) end
for i = 5, #ARGV do
  local at = 2 + sets + 2 * (i - 5)
  local open, counter = KEYS[at], KEYS[at + 1]
  -- New where it was given back meanwhile, or the store was lost.
  if call('ZADD', open, ends, ARGV[1] .. ':' .. ARGV[i]) == 1 then
    local kept = call('GET', counter)
    -- Where there is no counter yet, whoever seeds it counts what is open, and says how long it is kept.
    local lives = 172800000
    if kept then
      local used, first = struct.unpack('<dd', kept)
      lives = call('PTTL', counter) + 3600000
      call('SET', counter, struct.pack('<dd', used + ARGV[i], math.min(first, ends * 1000)), 'KEEPTTL')
    end
    call('PEXPIRE', open, lives)
  end
end
return ends
"""
# KEYS and ARGV as above, without how long it runs. Answers 1 where it was running as far as anybody knew, else 0.
_END = """
local call = redis.call
local last, sets, ended = tonumber(ARGV[2]), tonumber(ARGV[3]), 0
if tonumber(call('GET', KEYS[1]) or 0) < last then
  call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[2])
  -- The first time alone: the same request that comes again after that is admitted anew, and so remembered anew.
  local admission = KEYS[2 + sets + 2 * (#ARGV - 3)]
  if admission then call('DEL', admission) end
end
for i = 2, 1 + sets do ended = math.max(ended, call('ZREM', KEYS[i], ARGV[1])) end
for i = 4, #ARGV do
  local at = 2 + sets + 2 * (i - 4)
  if call('ZREM', KEYS[at], ARGV[1] .. ':' .. ARGV[i]) == 1 then
    local kept = call('GET', KEYS[at + 1])
    if kept then
      local used, first = struct.unpack('<dd', kept)
      -- A set that is empty is gone: whoever opens it anew says how long it is kept.
      if call('EXISTS', KEYS[at]) == 0 then first = 9007199254740991 end
      call('SET', KEYS[at + 1], struct.pack('<dd', math.max(0, used - ARGV[i]), first), 'KEEPTTL')
    end
  end
end
return ended
"""


class Over(Exception):
    """The job has ended: it was released or reported, or has run for as long as any job may."""


def renew(counters: store.Store, held: Held) -> datetime:
    """Say once more that the job runs, wherever it counts, and return until when; also above the limits.

    Raises Over, and CounterStoreDown: then it may be renewed here and not there, and is to be renewed again.
    """
    ends = 0
    for names, arguments, costs in _places(held, with_windows=True):
        ends = counters.evaluate(_RENEW, names, [*arguments, held.job_ms, *costs])
        if not ends:
            raise Over
    counters.ask(*running.renewed(held, ends_ms=int(ends)))
    return datetime.fromtimestamp(ends / 1_000, UTC)


def release(counters: store.Store, held: Held) -> bool:
    """End a job of which nothing was reported: what it has kept open in windows is given back.

    Returns whether it was running. As often as one likes. Raises CounterStoreDown: then it is to be released again.
    """
    return _end(counters, [held], gives_back=True)


def end(counters: store.Store, leases: Iterable[Held]) -> None:
    """End jobs whose generations were reported; what they have open in windows is the report's to settle.

    As often as one likes. Raises CounterStoreDown: then those that have not ended do so by themselves.
    """
    _end(counters, list(leases), gives_back=False)


def _end(counters: store.Store, leases: Sequence[Held], *, gives_back: bool) -> bool:
    places = [place for held in leases for place in _places(held, with_windows=gives_back)]
    answers = scripts.evaluate_all(counters, _END, [(names, [*told, *costs]) for names, told, costs in places])
    for first in range(0, len(leases), scripts.AT_ONCE):
        counters.ask_all(*map(running.forgetting, leases[first : first + scripts.AT_ONCE]))
    return any(answers)


def _places(held: Held, *, with_windows: bool) -> list[tuple[list[str], list[Any], list[int]]]:
    """Where the job is known, one hash tag after the other: names of keys, arguments, and costs in windows."""
    last, opens = held.last_end, held.opens if with_windows else ()
    windows = [name for opened in opens for name in (opened, opened.removesuffix(calls.opened("")))]
    costs = [_cost(opened, held.units) for opened in opens]
    # Nothing comes of what is released: asked for again, it is judged and counted once more.
    admission = [calls.remembered_key(held.organization, held.job)] if with_windows else []
    own = ([held.tombstone, *held.jobs, *windows, *admission], [held.job, last, len(held.jobs)], costs)
    if held.pool is None:
        return [own]
    job = pools.member(held.organization, held.job)
    return [own, ([pools.tombstone(held.pool, job), pools.jobs_key(held.pool)], [job, last, 1], [])]


def _cost(opened: str, units: int) -> int:
    """What a job of so many units costs in a window, by the window's name; see calls.counter."""
    return units if ":units:" in opened else 1
