"""Calendar windows: a counter that is missing is not zero, so that it is read from what is written down, once."""

from collections.abc import Callable
from datetime import datetime

from keys.limits import calls, store
from keys.limits.applying import Limit

# What a window has used before now: (organization, key or None, limit, start, end) -> succeeded generations, or units.
Sums = Callable[[int, int | None, Limit, datetime, datetime], int]

# Counters outlive their window by this: a report may come late, and a page may want to look back.
KEPT_MS = 24 * 3_600 * 1_000
_NEVER = 2**53 - 1
# KEYS 1 the counter, 2 what is open     ARGV 1 what was used, 2 when the counter is let go, ms of unix time
_SEED = """
local used, first = tonumber(ARGV[1]), 9007199254740991
for _, one in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')) do
  local cost = one:match(':(%d+)$')
  if cost then used = used + cost end
end
local open = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
if open then first = open * 1000 end
redis.call('SET', KEYS[1], struct.pack('<dd', used, first), 'NX', 'PXAT', ARGV[2])
return 1
"""


def seed(counters: store.Store, limit: Limit, *, organization: int, key: int, at: datetime, sums: Sums) -> None:
    """Write down what the present window has used, where nobody has meanwhile. Raises calls.NoWindow."""
    window = limit.window_at(at)
    if window is None:
        raise calls.NoWindow(limit.name)
    start, end = window
    used = sums(organization, key if limit.owner == "key" else None, limit, start, end)
    counter = calls.counter(organization, key, limit, start=start)
    until = calls.microseconds(end) // 1_000 + KEPT_MS
    counters.evaluate(_SEED, [counter, calls.opened(counter)], [used, until])
