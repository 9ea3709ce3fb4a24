"""What the script must do, said again in fractions and dictionaries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from keys.limits.applying import Limit
from keys.limits.limiter import Spending

Row = tuple[int, bool, int, int, int | None]
Answer = tuple[str, str, int, list[Row]]


@dataclass
class Bucket:
    """What was owed, in microseconds, when it was last written, and by which count it was counted."""

    owed: Fraction
    written: int
    count: int


@dataclass
class Model:
    """Every limit is evaluated before any is written; the time is given."""

    buckets: dict[tuple[int, str, str], Bucket] = field(default_factory=dict)
    remembered: dict[tuple[int, str], tuple[str, Answer]] = field(default_factory=dict)

    def spend(self, spending: Spending, now: int) -> Answer:
        memory = (spending.organization, spending.request_id or "")
        remembers = bool(spending.spend and spending.request_id and spending.bound_to)
        if remembers and memory in self.remembered:
            bound_to, answer = self.remembered[memory]
            return ("replayed", *answer[1:]) if bound_to == spending.bound_to else ("mismatch", "", 0, [])
        answer, debts = self._decide(spending, now)
        if answer[0] == "admitted":
            self._write(spending, debts, now)
            if remembers:
                self.remembered[memory] = (spending.bound_to, answer)
        return answer

    def _decide(self, spending: Spending, now: int) -> tuple[Answer, list[Fraction]]:
        found = [self._after(spending, limit, now) for limit in spending.limits]
        short = [after > burst for _, after, burst in found]
        refused = any(is_short and one.blocks for is_short, one in zip(short, spending.limits, strict=True))
        rows, debts = [], []
        for limit, is_short, (before, after, burst) in zip(spending.limits, short, found, strict=True):
            owed = before if refused else min(after, burst)
            debts.append(owed)
            retry = _retry(limit, spending, after, burst) if is_short and limit.blocks else 0
            interval = _interval(limit)
            rows.append((limit.id, is_short, math.floor((burst - owed) / interval), math.ceil(owed), retry))
        state = "refused" if refused else "admitted" if spending.spend else "unspent"
        return (state, spending.decision_id, now, rows), debts

    def _after(self, spending: Spending, limit: Limit, now: int) -> tuple[Fraction, Fraction, Fraction]:
        """The debt before and after the call, and the largest one, in microseconds."""
        interval = _interval(limit)
        burst = limit.burst * interval
        bucket = self.buckets.get(_name(spending, limit))
        before = Fraction(0)
        if bucket:
            owed = bucket.owed if bucket.count == limit.exact[0] else Fraction(math.ceil(bucket.owed))
            before = max(Fraction(0), min(owed, burst) - max(0, now - bucket.written))
        return before, before + (limit.cost(spending.units) * interval if spending.spend else 0), burst

    def _write(self, spending: Spending, debts: Sequence[Fraction], now: int) -> None:
        for limit, owed in zip(spending.limits, debts, strict=True):
            before, _, _ = self._after(spending, limit, now)
            if owed > before:
                self.buckets[_name(spending, limit)] = Bucket(owed, now, limit.exact[0])


def _interval(limit: Limit) -> Fraction:
    count, period = limit.exact
    return Fraction(period, count)


def _retry(limit: Limit, spending: Spending, after: Fraction, burst: Fraction) -> int | None:
    return None if limit.cost(spending.units) > limit.burst else math.ceil(after - burst)


def _name(spending: Spending, limit: Limit) -> tuple[int, str, str]:
    owner = f"key {spending.key}" if limit.owner == "key" else "organization"
    return spending.organization, owner, limit.slot
