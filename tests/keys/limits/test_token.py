"""What was read before a change is neither admitted nor refused, and spends nothing."""

import pytest
import redis

from keys.limits.limiter import Limiter, Spending
from orgs import tokens
from tests.keys.limits import examples

MODES = ["spend", "peek", "tell"]


def dump(valkey: redis.Redis) -> dict[bytes, bytes]:
    return {name: valkey.dump(name) for name in valkey.scan_iter()}


def of_mode(mode: str, **fields: str) -> Spending:
    asked = {"request_id": "r", "bound_to": "b", "public_id": "p", "api_version": "v2", "told": "REVOKED", **fields}
    return examples.call(examples.rate(), mode=mode, **asked)


@pytest.mark.parametrize("mode", MODES)
def test_another_token_is_stale_and_touches_nothing(valkey: redis.Redis, limiter: Limiter, mode: str) -> None:
    before = dump(valkey)
    outcome = limiter.spend(of_mode(mode, token="of yesterday"))
    assert (outcome.state, outcome.token) == ("stale", examples.TOKEN)
    assert dump(valkey) == before


@pytest.mark.parametrize("mode", MODES)
def test_a_token_that_is_missing_is_stale_and_made_anew(valkey: redis.Redis, limiter: Limiter, mode: str) -> None:
    valkey.flushdb()
    outcome = limiter.spend(of_mode(mode, decision_id="random"))
    assert (outcome.state, outcome.token) == ("stale", "random")
    assert valkey.keys() == [tokens.name(1).encode()]
    assert limiter.spend(of_mode(mode, token=outcome.token)).state != "stale"


def test_what_was_admitted_is_not_replayed_once_its_token_has_changed(valkey: redis.Redis, limiter: Limiter) -> None:
    assert [limiter.spend(of_mode("spend")).state for _ in range(2)] == ["admitted", "replayed"]
    valkey.set(tokens.name(1), "new")
    assert limiter.spend(of_mode("spend")).state == "stale"


def test_a_verdict_without_limits_is_told_and_counted(valkey: redis.Redis, limiter: Limiter) -> None:
    asked = of_mode("tell", api_version="v2", caller="203.0.113.7|a | b")
    assert limiter.spend(asked, now_us=1_800_000_000_000_000).state == "told"
    assert valkey.hgetall("{1}:tally") == {b"30000000|p|v2|REVOKED||203.0.113.7|a | b": b"67108865"}
    assert not valkey.exists("{1}:uses")


def test_whoever_only_asks_who_it_is_is_not_counted(valkey: redis.Redis, limiter: Limiter) -> None:
    limiter.spend(of_mode("peek"))
    limiter.spend(of_mode("tell", told=""))
    assert not valkey.exists("{1}:tally")


def test_calls_and_units_are_counted_together_and_a_replay_not_at_all(valkey: redis.Redis, limiter: Limiter) -> None:
    for request_id, units in (("a", 3), ("a", 3), ("b", 1_000)):
        asked = {"request_id": request_id, "bound_to": "b", "public_id": "p", "units": units}
        limiter.spend(examples.call(**asked), now_us=1_800_000_000_000_000)
    (counted,) = valkey.hvals("{1}:tally")
    assert divmod(int(counted), 2**26) == (1_003, 2)


def test_of_very_many_callers_none_is_told_apart(valkey: redis.Redis, limiter: Limiter) -> None:
    valkey.hset("{1}:tally", mapping={str(number): 1 for number in range(20_001)})
    limiter.spend(of_mode("spend", api_version="v2", caller="203.0.113.7|curl"), now_us=1_800_000_000_000_000)
    assert valkey.hget("{1}:tally", "30000000|p|v2|VALID|||") == b"67108865"
