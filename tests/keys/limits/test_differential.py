"""The script and its model in Python answer the same, step by step."""

import random
import struct
import time
from collections import Counter

import msgspec
import pytest
import redis

from keys.limits import calls
from keys.limits import limiter as limits
from keys.limits.limiter import Limiter, Outcome, Spending
from tests.keys.limits import chances, examples
from tests.keys.limits.model import Answer, Model, Name, Undecided

STEPS = 20_000
NEVER = 2**53 - 1
STATES = ["admitted", "refused", "replayed", "mismatch", "unspent", "told", "beyond", "stale", "unseeded", "elsewhen"]


class Run:
    """A script and its model that are asked the same."""

    def __init__(self, seed: int, limiter: Limiter, valkey: redis.Redis) -> None:
        self.chance = random.Random(seed)
        self.limiter, self.valkey = limiter, valkey
        self.model = Model(examples.TOKEN)
        self.now = int(time.time()) * chances.MICROSECONDS
        self.states: Counter[str] = Counter()
        self.tiers: Counter[str] = Counter()

    def step(self, step: int) -> None:
        self.now += self.chance.choice(chances.PAUSES if self.chance.random() > 0.01 else chances.JUMPS)
        spending = chances.call(self.chance, step, self.now)
        at = self._chosen(spending)
        while True:
            expected, unseeded = self._expected(spending, at)
            assert self._answer(spending, at) == expected, f"step {step}: {spending}"
            self.states[expected[0]] += 1
            if expected[0] not in ("unseeded", "elsewhen"):
                break
            at = self.now
            if unseeded:
                self._seed(spending, unseeded)
        self.tiers[expected[4]] += expected[0] == "admitted"
        if self.chance.random() < 0.05:
            self._end_one()
        if self.chance.random() < 0.005:
            self._lose_one()

    def _chosen(self, spending: Spending) -> int:
        """Windows are chosen by the caller's clock, which is that of the next window now and then."""
        ends = [one.bounds[1] for one in spending.limits if one.kind == "window"]
        nobody_knows = any(one.bounds[2] <= max(ends) for one in spending.limits if one.kind == "window")
        return calls.microseconds(max(ends)) if ends and not nobody_knows and self.chance.random() < 0.02 else self.now

    def _expected(self, spending: Spending, at: int) -> tuple[Answer, limits.Limit | None]:
        try:
            state, decision_id, now, rows, tier, pool = self.model.spend(spending, self.now, at=at)
        except Undecided as undecided:
            return (undecided.state, "", 0, [], "", ""), undecided.limit
        # A replay tells only of the limits that still hold.
        still = {one.id for one in spending.limits}
        present = pool if pool in {one.name for one in spending.limits} else ""
        return (state, decision_id, now, [row for row in rows if row[0] in still], tier, present), None

    def _answer(self, spending: Spending, at: int) -> Answer:
        try:
            asked = msgspec.structs.replace(spending, at=examples.at(at))
            outcome = self.limiter.spend(asked, now_us=self.now)
        except limits.RequestIdReused:
            return "mismatch", "", 0, [], "", ""
        return told(outcome)

    def _seed(self, spending: Spending, limit: limits.Limit) -> None:
        sum_of_the_ledger = self.chance.choice([0, 0, 7, 25])
        self.model.seed(spending, limit, at=self.now, sum=sum_of_the_ledger)
        name = calls.counter(spending.organization, spending.key, limit, start=limit.bounds[0])
        waiting = self.valkey.zrange(calls.opened(name), 0, -1, withscores=True)
        used = sum_of_the_ledger + sum(int(one.rpartition(b":")[2]) for one, _ in waiting)
        first = waiting[0][1] * 1_000 if waiting else NEVER
        self.valkey.set(name, struct.pack("<dd", used, first))

    def _end_one(self) -> None:
        """A job ends before its time, and is reported: its units stay used, and nothing waits any more."""
        running = [(name, job) for name, jobs in self.model.jobs.items() for job in jobs]
        waiting = [(name, *one) for name, opens in self.model.open.items() for one in opens]
        if running:
            name, job = self.chance.choice(running)
            del self.model.jobs[name][job]
            self.valkey.zrem(stored(name), member(job))
        if waiting:
            name, job, cost = self.chance.choice(waiting)
            del self.model.open[name][job, cost]
            self.valkey.zrem(calls.opened(stored(name)), f"{member(job)}:{cost}")

    def _lose_one(self) -> None:
        """A counter is lost, and seeded again from what is written down and what waits."""
        if self.model.used:
            name = self.chance.choice(list(self.model.used))
            del self.model.used[name]
            self.valkey.delete(stored(name))


def told(outcome: Outcome) -> Answer:
    rows = [
        (one.limit.id, one.short, one.remaining, one.reset_us, one.retry_us, one.never) for one in outcome.standings
    ]
    now = 0 if outcome.state in ("stale", "elsewhen") else outcome.now_us
    pool = outcome.reserved.name if outcome.reserved else ""
    return outcome.state, outcome.decision_id, now, rows, outcome.tier, pool


def stored(name: Name) -> str:
    """Where the store keeps what the model keeps under this name."""
    organization, kind, owner, slot, start = name
    match kind:
        case "reserved":
            return f"{{{organization}}}:reserved:{owner}"
        case "concurrency":
            return f"{{{organization}}}:jobs:{owner}:{slot}"
    return f"{{{organization}}}:window:{owner}:{slot}:{start // chances.MICROSECONDS}"


def member(job: str) -> str:
    return calls.digest(job) if job.startswith("r") else job


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_answer_is_the_models(limiter: Limiter, valkey: redis.Redis, seed: int) -> None:
    run = Run(seed, limiter, valkey)
    for step in range(STEPS):
        run.step(step)
    assert all(run.states[state] > STEPS / 1_000 for state in STATES), run.states
    assert all(run.tiers[tier] > STEPS / 1_000 for tier in ("", "overage", "reserved")), run.tiers
    for organization in range(3):
        counted = {field.decode(): int(of) for field, of in valkey.hgetall(f"{{{organization}}}:tally").items()}
        assert counted == {key: of for (whose, key), of in run.model.tally.items() if whose == organization}
