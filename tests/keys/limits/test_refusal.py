"""A refusal spends nothing, and says how things stand."""

import struct
from datetime import timedelta
from typing import Any

import pytest
import redis

from keys.limits import calls
from keys.limits.applying import Limit
from keys.limits.limiter import Limiter
from tests.keys.limits import examples

NOW_US, DAY = 1_800_000_000_000_000, timedelta(days=1)


def dump(valkey: redis.Redis) -> dict[bytes, bytes]:
    return {name: valkey.dump(name) for name in valkey.scan_iter()}


def test_a_refusal_leaves_every_key_as_it_was_but_is_counted(valkey: redis.Redis, limiter: Limiter) -> None:
    narrow, wide = examples.rate(burst=1, owner="key"), examples.rate(burst=10)
    asked = {"request_id": "r2", "bound_to": "b", "public_id": "p", "api_version": "v1", "caller": "203.0.113.7|curl"}
    assert limiter.spend(examples.call(wide, narrow), now_us=NOW_US).state == "admitted"
    before = dump(valkey)
    assert limiter.spend(examples.call(wide, narrow, **asked), now_us=NOW_US).state == "refused"
    (counted,) = valkey.hgetall("{1}:tally").items()
    assert counted == (f"30000000|p|v1|RATE_LIMITED|{narrow.id}|203.0.113.7|curl".encode(), b"67108865")
    valkey.delete("{1}:tally")
    assert dump(valkey) == before


START = examples.at(NOW_US - NOW_US % 86_400_000_000)
NARROW: dict[str, dict[str, Any]] = {
    "rate": {"burst": 1},
    "day": {"limit": 1},
    "month": {"limit": 1, "dimension": "generations", "window": "month"},
    "jobs": {"limit": 1},
    "pool": {"limit": 1},
}


def one_of_each(narrow: str = "") -> list[Limit]:
    """A limit of each kind, of which one admits a single call."""
    numbers: dict[str, dict[str, Any]] = {name: NARROW[name] if name == narrow else {} for name in NARROW}
    month = {"dimension": "generations", "window": "month", **numbers["month"]}
    return [
        examples.rate(**numbers["rate"]),
        examples.window(start=START, **numbers["day"]),
        examples.window(start=START, length=30 * DAY, **month),
        examples.jobs(**numbers["jobs"]),
        examples.reserved(**numbers["pool"]),
    ]


@pytest.mark.parametrize("narrow", NARROW)
def test_whichever_kind_refuses_nothing_is_written_but_the_tally(
    valkey: redis.Redis, limiter: Limiter, narrow: str
) -> None:
    limits = one_of_each(narrow)
    for limit in limits:
        if limit.kind == "window":
            valkey.set(calls.counter(1, 1, limit, start=START), struct.pack("<dd", 0, 2**53 - 1))
    asked = {"public_id": "p", "request_id": "r1", "bound_to": "b"}
    assert limiter.spend(examples.call(*limits, **asked), now_us=NOW_US).state == "admitted"
    valkey.delete("{1}:tally")
    before = dump(valkey)
    refused = limiter.spend(examples.call(*limits, **asked | {"request_id": "r2"}), now_us=NOW_US)
    short = [one.limit.kind for one in refused.standings if one.refused]
    kind = {"rate": "rate", "jobs": "concurrency", "pool": "reserved"}.get(narrow, "window")
    assert (refused.state, short) == ("refused", [kind])
    assert valkey.delete("{1}:tally") == 1
    assert dump(valkey) == before


def test_a_refusal_tells_what_is_left_as_if_nothing_had_been_spent(limiter: Limiter) -> None:
    narrow, wide = examples.rate(limit=60, burst=1, owner="key"), examples.rate(limit=120, burst=10)
    limiter.spend(examples.call(wide, narrow), now_us=NOW_US)
    wide_now, narrow_now = limiter.spend(examples.call(wide, narrow), now_us=NOW_US).standings
    assert (wide_now.remaining, wide_now.reset_us, wide_now.retry_us, wide_now.refused) == (9, 500_000, 0, False)
    assert (narrow_now.remaining, narrow_now.retry_us, narrow_now.refused) == (0, 1_000_000, True)


def test_after_the_time_it_named_a_refused_call_passes_and_not_before(limiter: Limiter) -> None:
    limit = examples.rate(7, 60, 2, dimension="units")
    limiter.spend(examples.call(limit, units=2), now_us=NOW_US)
    retry_us = limiter.spend(examples.call(limit, units=2), now_us=NOW_US).standings[0].retry_us
    assert retry_us is not None
    assert limiter.spend(examples.call(limit, units=2), now_us=NOW_US + retry_us - 1).state == "refused"
    assert limiter.spend(examples.call(limit, units=2), now_us=NOW_US + retry_us).state == "admitted"


def test_more_units_than_the_burst_holds_never_pass(limiter: Limiter) -> None:
    limit = examples.rate(burst=5, dimension="units")
    (standing,) = limiter.spend(examples.call(limit, units=6), now_us=NOW_US).standings
    assert standing.refused
    assert standing.retry_us is None


def test_a_limit_that_warns_never_refuses(limiter: Limiter) -> None:
    limit = examples.rate(burst=1, mode="warn")
    outcomes = [limiter.spend(examples.call(limit), now_us=NOW_US) for _ in range(5)]
    assert [outcome.state for outcome in outcomes] == ["admitted"] * 5
    assert [outcome.standings[0].short for outcome in outcomes] == [False, True, True, True, True]
    assert not any(outcome.standings[0].refused for outcome in outcomes)


def test_looking_spends_nothing(valkey: redis.Redis, limiter: Limiter) -> None:
    limit = examples.rate(burst=3)
    limiter.spend(examples.call(limit), now_us=NOW_US)
    before = dump(valkey)
    outcomes = [limiter.spend(examples.call(limit, spend=False), now_us=NOW_US) for _ in range(5)]
    assert {(outcome.state, outcome.standings[0].remaining) for outcome in outcomes} == {("unspent", 2)}
    assert dump(valkey) == before
