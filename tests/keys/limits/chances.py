"""Calls drawn at random: of three organizations with two keys each, against some of a few slots of every kind."""

import random
from datetime import timedelta
from typing import Any

from keys.limits.applying import Limit
from keys.limits.limiter import Spending
from tests.keys.limits import examples

MICROSECONDS = 1_000_000
PAUSES = [0, 0, 0, 1, 137, 5_000, 90_000, 1_500_000, 8_571_428, 30_000_000]
# Now and then the store's clock is set back, or goes on by a minute more.
JUMPS = [-2_000, -60_000_000, 60_000_000]
# Awkward rates: an interval that is no whole number of microseconds, a single one, one a day.
RATES = {1: (7, 60, 3), 2: (999_983, 3_600, 50), 3: (100, 1, 8), 4: (13, 7, 1), 5: (60, 60, 30), 6: (1, 86_400, 2)}
SHORT, LONG = {"length": timedelta(minutes=20)}, {"length": timedelta(hours=2), "window": "month"}
SLOTS: list[dict[str, Any]] = [
    {"id": 1},
    {"id": 2, "dimension": "units"},
    {"id": 3, "owner": "key"},
    {"id": 4, "api_version": "v2", "mode": "warn"},
    {"id": 11, "limit": 30, **SHORT},
    {"id": 12, "limit": 15, "dimension": "generations", "overage": 10, **SHORT},
    {"id": 13, "limit": 150, "dimension": "units", "overage": 100, **LONG},
    {"id": 14, "limit": 20, "dimension": "units", "mode": "warn", **SHORT},
    {"id": 15, "limit": 40, "dimension": "generations", "owner": "key", **LONG},
    {"id": 21, "limit": 9},
    {"id": 22, "limit": 5, "owner": "key"},
    {"id": 23, "limit": 3, "api_version": "v2", "mode": "warn"},
    {"id": -1, "limit": 3, "name": "alpha"},
    {"id": -2, "limit": 2, "name": "beta"},
]
MODES = ["spend"] * 16 + ["peek", "peek", "probe", "tell"]


def call(chance: random.Random, step: int, now: int) -> Spending:
    """Draw one call, a few of them with a token of before."""
    fields: dict[str, Any] = {"organization": chance.randrange(3), "key": chance.randrange(2)}
    fields |= {"units": chance.choice([1, 1, 2, 5, 60]), "mode": chance.choice(MODES), "decision_id": f"d{step}"}
    fields |= {"job_ms": chance.choice([2_000, 20_000, 120_000]), "takes": chance.random() > 0.1}
    fields |= {"room": "shared" if chance.random() < 0.2 else "", "told": chance.choice(["", "REVOKED"])}
    if chance.random() < 0.3:
        fields |= {"request_id": f"r{chance.randrange(step // 8 + 1)}", "bound_to": chance.choice("aab")}
    if chance.random() < 0.5:
        fields |= {"public_id": chance.choice("pq"), "api_version": "v2", "caller": "203.0.113.7|curl"}
    if chance.random() < 0.01:
        fields["token"] = "of yesterday"
    return examples.call(*_limits(chance, now), **fields)


def _limits(chance: random.Random, now: int) -> list[Limit]:
    some = [slot for slot in SLOTS if chance.random() < (0.55 if slot["id"] > 0 else 0.25)]
    chance.shuffle(some)
    return [_limit(chance, now, slot) for slot in some]


def _limit(chance: random.Random, now: int, slot: dict[str, Any]) -> Limit:
    if "length" in slot:
        return _window(chance, now, **slot)
    if slot["id"] in RATES:
        return _rate(chance, slot)
    if slot["id"] < 0:
        return examples.reserved(mode=chance.choice(["block", "warn"]), **slot)
    return examples.jobs(**slot)


def _rate(chance: random.Random, slot: dict[str, Any]) -> Limit:
    limit, period_s, burst = RATES[slot["id"]]
    if chance.random() < 0.03:
        # The rule's numbers change, its slot and so its counter do not.
        limit, _, burst = chance.choice(list(RATES.values()))
    return examples.rate(limit, period_s, burst, **slot)


def _window(chance: random.Random, now: int, *, limit: int, length: timedelta, **fields: Any) -> Limit:
    whole = length // timedelta(microseconds=1)
    limit = limit if chance.random() > 0.03 else limit // 2
    return examples.window(limit, start=examples.at(now // whole * whole), length=length, **fields)
