"""The script and its model in Python answer the same, step by step."""

import random
import time
from typing import Any

import pytest

from keys.limits import limiter as limits
from keys.limits.applying import Limit
from tests.keys.limits import examples
from tests.keys.limits.model import Answer, Model

STEPS = 10_000
MICROSECONDS = 1_000_000
PAUSES = [0, 0, 0, 1, 137, 5_000, 90_000, 1_500_000, 8_571_428, 30_000_000]
# Now and then the store's clock is set back.
SET_BACK = [-2_000, -60_000_000]
# Awkward rates: an interval that is no whole number of microseconds, a single one, one a day.
RATES = [(1, 86_400, 2), (7, 60, 3), (999_983, 3_600, 50), (100, 1, 8), (13, 7, 1), (60, 60, 30)]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_answer_is_the_models(limiter: limits.Limiter, seed: int) -> None:
    chance = random.Random(seed)
    model, now = Model(), int(time.time()) * MICROSECONDS
    states = dict.fromkeys(["admitted", "refused", "replayed", "mismatch", "unspent"], 0)
    for step in range(STEPS):
        now += chance.choice(PAUSES if chance.random() > 0.01 else SET_BACK)
        spending = _call(chance, step)
        expected = _expected(model, spending, now)
        assert _answer(limiter, spending, now) == expected, f"step {step}: {spending}"
        states[expected[0]] += 1
    assert min(states.values()) > STEPS / 200, states


def _call(chance: random.Random, step: int) -> limits.Spending:
    fields: dict[str, Any] = {"organization": chance.randrange(3), "key": chance.randrange(2)}
    fields |= {"units": chance.choice([1, 1, 2, 5, 60]), "spend": chance.random() > 0.1, "decision_id": f"d{step}"}
    if chance.random() < 0.3:
        fields |= {"request_id": f"r{chance.randrange(step // 8 + 1)}", "bound_to": chance.choice("aab")}
    return examples.call(*_limits(chance), **fields)


def _limits(chance: random.Random) -> list[Limit]:
    """Some of a few slots, each with the numbers that its rule happens to have just now."""
    slots: list[dict[str, Any]] = [
        {"id": 1},
        {"id": 2, "dimension": "units"},
        {"id": 3, "owner": "key"},
        {"id": 4, "api_version": "v2", "mode": "warn"},
    ]
    return [_limit(chance, slot) for slot in slots if chance.random() < 0.8]


def _limit(chance: random.Random, slot: dict[str, Any]) -> Limit:
    limit, period_s, burst = RATES[slot["id"]]
    if chance.random() < 0.03:
        # The rule's numbers change, its slot and so its counter do not.
        limit, _, burst = chance.choice(RATES)
    return examples.rate(limit, period_s, burst, **slot)


def _expected(model: Model, spending: limits.Spending, now: int) -> Answer:
    state, decision_id, at, rows = model.spend(spending, now)
    # A replay tells only of the limits that still hold.
    still = {one.id for one in spending.limits}
    return state, decision_id, at, [row for row in rows if row[0] in still]


def _answer(limiter: limits.Limiter, spending: limits.Spending, now: int) -> Answer:
    try:
        outcome = limiter.spend(spending, now_us=now)
    except limits.RequestIdReused:
        return "mismatch", "", 0, []
    rows = [(one.limit.id, one.short, one.remaining, one.reset_us, one.retry_us) for one in outcome.standings]
    return outcome.state, outcome.decision_id, outcome.now_us, rows
