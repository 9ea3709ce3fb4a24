"""What the script must do, said again in fractions and dictionaries."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from keys.limits import calls
from keys.limits.applying import Limit
from keys.limits.limiter import Spending

# Id, short, remaining, reset, retry, never.
Row = tuple[int, bool, int, int, int | None, bool]
# State, decision, now, rows, tier, the pool whose reservation it runs in.
Answer = tuple[str, str, int, list[Row], str, str]
# Organization, kind, owner or pool, slot, when the window began.
Name = tuple[int, str, str, str, int]

_CODES = ["QUOTA_EXCEEDED", "RATE_LIMITED", "CONCURRENCY_LIMITED"]


@dataclass
class Bucket:
    """What was owed, in microseconds, when it was last written, and by which count it was counted."""

    owed: Fraction
    written: int
    count: int


@dataclass
class Met:
    """A limit as a call meets it: what it uses before and after, of how much, and what there is to say of it."""

    limit: Limit
    before: Fraction | int
    after: Fraction | int
    most: Fraction | int
    short: bool = False
    retry: int | None = 0
    never: bool = False
    ends: int = 0

    @property
    def refuses(self) -> bool:
        return self.short and self.limit.blocks

    @property
    def code(self) -> str:
        return _CODES[["window", "rate"].index(self.limit.kind) if self.limit.kind in ("window", "rate") else 2]

    def row(self, used: Fraction | int, now: int) -> Row:
        remaining, reset = self.most - used, 0
        if self.limit.kind == "rate":
            remaining, reset = math.floor(remaining / _interval(self.limit)), math.ceil(used)
        elif self.limit.kind == "window":
            reset = self.ends - now
        return self.limit.id, self.short, max(0, int(remaining)), reset, self.retry, self.never


class Undecided(Exception):
    """The call has to be asked once more: with a counter that is seeded, or with the present windows."""

    def __init__(self, state: str, limit: Limit | None = None) -> None:
        self.state, self.limit = state, limit


@dataclass
class Model:
    """Every limit is evaluated before any is written; the time is given. `open` is what awaits its report."""

    token: str
    buckets: dict[Name, Bucket] = field(default_factory=dict)
    used: dict[Name, int] = field(default_factory=dict)
    open: dict[Name, dict[tuple[str, int], int]] = field(default_factory=dict)
    jobs: dict[Name, dict[str, int]] = field(default_factory=dict)
    remembered: dict[tuple[int, str], tuple[str, Answer]] = field(default_factory=dict)
    tally: Counter[tuple[int, str]] = field(default_factory=Counter)

    def spend(self, spending: Spending, now: int, *, at: int) -> Answer:
        """`at` is the time by which the caller chose the windows. Raises Undecided."""
        if spending.token != self.token:
            return "stale", "", 0, [], "", ""
        memory = (spending.organization, spending.request_id or "")
        remembers = bool(spending.spend and spending.request_id and spending.bound_to)
        if remembers and memory in self.remembered:
            bound_to, answer = self.remembered[memory]
            return ("replayed", *answer[1:]) if bound_to == spending.bound_to else ("mismatch", "", 0, [], "", "")
        if spending.mode == "tell":
            self._count(spending, spending.told, "", now)
            return "told", spending.decision_id, now, [], "", ""
        met = [self._meet(spending, limit, now, at) for limit in spending.limits]
        answer = self._decide(spending, met, now)
        if answer[0] == "admitted":
            self._write(spending, met, now)
            self._count(spending, "VALID", "", now)
            if remembers:
                self.remembered[memory] = (spending.bound_to, answer)
        return answer

    def seed(self, spending: Spending, limit: Limit, *, at: int, sum: int) -> None:
        name = _name(spending, limit, at)
        waiting = self.open.get(name, {}) if _waits(limit) else {}
        self.used.setdefault(name, sum + _sum(waiting))

    def _decide(self, spending: Spending, met: Sequence[Met], now: int) -> Answer:
        tier, pool, beyond = self._room(spending, met)
        refusals = [one for one in met if one.refuses]
        if refusals:
            first = min(refusals, key=lambda one: _CODES.index(one.code))
            if spending.mode != "peek":
                self._count(spending, first.code, str(first.limit.id), now)
            rows = [one.row(one.before, now) for one in met]
            return "refused", spending.decision_id, now, rows, tier, pool
        rows = [one.row(one.after, now) for one in met]
        state = "beyond" if beyond else "admitted" if spending.spend else "unspent"
        return state, spending.decision_id, now, rows, tier, pool

    def _room(self, spending: Spending, met: Sequence[Met]) -> tuple[str, str, bool]:
        """Find where the job runs: in the first reservation with room, in shared room, or nowhere."""
        quotas = [one for one in met if one.limit.kind == "window" and one.limit.blocks]
        tier = "overage" if any(one.after > one.most for one in quotas) else ""
        reserved = [one for one in met if one.limit.kind == "reserved"]
        fitting = [one for one in reserved if one.before + _begins(spending) <= one.most]
        for one in fitting[:1]:
            one.after = one.before + (_begins(spending) if spending.takes else 0)
            return "reserved", one.limit.name, False
        if not reserved or spending.room:
            return tier, "", False
        if all(one.limit.blocks for one in reserved):
            reserved[0].short, reserved[0].retry = True, None
            return tier, "", False
        return tier, "", True

    def _meet(self, spending: Spending, limit: Limit, now: int, at: int) -> Met:
        if limit.kind == "rate":
            return self._rate(spending, limit, now)
        if limit.kind == "window":
            return self._window(spending, limit, now, at)
        running = sum(end > now // 1_000 for end in self.jobs.get(_name(spending, limit), {}).values())
        met = Met(limit, running, running, limit.limit)
        if limit.kind == "concurrency":
            met.short = running + _begins(spending) > limit.limit
            met.retry = None if met.refuses else 0
            if spending.takes and not met.refuses:
                met.after = running + _begins(spending)
        return met

    def _rate(self, spending: Spending, limit: Limit, now: int) -> Met:
        interval = _interval(limit)
        burst = (limit.burst or 0) * interval
        bucket = self.buckets.get(_name(spending, limit))
        before = Fraction(0)
        if bucket:
            owed = bucket.owed if bucket.count == limit.exact[0] else Fraction(math.ceil(bucket.owed))
            before = max(Fraction(0), min(owed, burst) - max(0, now - bucket.written))
        after = before + _cost(spending, limit) * interval
        met = Met(limit, before, min(after, burst), burst, short=after > burst)
        if met.refuses:
            met.never = _cost(spending, limit) * interval > burst
            met.retry = None if met.never else math.ceil(after - burst)
        return met

    def _window(self, spending: Spending, limit: Limit, now: int, at: int) -> Met:
        name = _name(spending, limit, at)
        start, end = _window(limit, at)
        if not start <= now < end:
            raise Undecided("elsewhen")
        if name not in self.used:
            raise Undecided("unseeded", limit)
        waiting = self.open.get(name, {}) if _waits(limit) else {}
        for one in sorted(waiting, key=lambda one: waiting[one]):
            if waiting[one] <= now // 1_000:
                del waiting[one]
                self.used[name] = max(0, self.used[name] - one[1])
        used = self.used[name]
        met = Met(limit, used, used + _cost(spending, limit), limit.limit, ends=end)
        met.short = met.after > limit.limit + limit.overage
        met.never = met.refuses
        met.retry = None if met.never else 0
        return met

    def _write(self, spending: Spending, met: Sequence[Met], now: int) -> None:
        job, ends = spending.request_id or spending.decision_id, now // 1_000 + spending.job_ms
        for one in met:
            name = _name(spending, one.limit, now)
            if one.after <= one.before:
                continue
            if one.limit.kind == "rate":
                self.buckets[name] = Bucket(Fraction(one.after), now, one.limit.exact[0])
            elif one.limit.kind == "window":
                self.used[name] = int(one.after)
                if _waits(one.limit):
                    self.open.setdefault(name, {})[job, _cost(spending, one.limit)] = ends
            else:
                running = {job: end for job, end in self.jobs.get(name, {}).items() if end > now // 1_000}
                self.jobs[name] = running | {job: ends}

    def _count(self, spending: Spending, code: str, limit: str, now: int) -> None:
        if code and spending.public_id:
            head = f"{now // 60_000_000}|{spending.public_id}|{spending.api_version}|{code}|{limit}"
            self.tally[spending.organization, f"{head}|{spending.caller}"] += (spending.units << calls.CALL_BITS) + 1


def _begins(spending: Spending) -> int:
    return 0 if spending.mode == "peek" else 1


def _cost(spending: Spending, limit: Limit) -> int:
    return limit.cost(spending.units) * _begins(spending)


def _waits(limit: Limit) -> bool:
    """Whether what is admitted counts only once it is reported."""
    return limit.dimension != "requests"


def _sum(waiting: dict[tuple[str, int], int]) -> int:
    return sum(cost for _, cost in waiting)


def _interval(limit: Limit) -> Fraction:
    count, period = limit.exact
    return Fraction(period, count)


def _window(limit: Limit, at: int) -> tuple[int, int]:
    bounds = [calls.microseconds(bound) for bound in limit.bounds]
    return next((start, end) for start, end in pairwise(bounds) if start <= at < end)


def _name(spending: Spending, limit: Limit, at: int = 0) -> Name:
    if limit.kind == "reserved":
        return spending.organization, limit.kind, limit.name, "", 0
    owner = f"key:{spending.key}" if limit.owner == "key" else "organization"
    start = _window(limit, at)[0] if limit.kind == "window" else 0
    return spending.organization, limit.kind, owner, limit.slot, start
