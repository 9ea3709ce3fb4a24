"""An admission is answered once more under its request id, and spent once."""

import pytest
import redis

from keys.limits import limiter as limits
from tests.keys.limits import examples


def test_the_same_request_is_answered_the_same_and_spends_once(limiter: limits.Limiter) -> None:
    limit = examples.rate(1, 86_400, 3)
    first = limiter.spend(examples.call(limit, request_id="r", bound_to="b", decision_id="one"))
    again = limiter.spend(examples.call(limit, request_id="r", bound_to="b", decision_id="two"))
    assert (first.state, again.state) == ("admitted", "replayed")
    assert (again.decision_id, again.now_us, again.standings) == ("one", first.now_us, first.standings)
    assert limiter.spend(examples.call(limit, spend=False)).standings[0].remaining == 2


def test_other_values_under_a_known_request_id_are_refused_and_spend_nothing(limiter: limits.Limiter) -> None:
    limit = examples.rate(1, 86_400, 3)
    limiter.spend(examples.call(limit, request_id="r", bound_to="1.1.v1.1"))
    with pytest.raises(limits.RequestIdReused):
        limiter.spend(examples.call(limit, request_id="r", bound_to="1.1.v1.11"))
    assert limiter.spend(examples.call(limit, spend=False)).standings[0].remaining == 2


def test_a_refusal_is_not_remembered(limiter: limits.Limiter) -> None:
    now_us = 1_800_000_000_000_000
    limit, asked = examples.rate(60, 60, 1), {"request_id": "r", "bound_to": "b"}
    limiter.spend(examples.call(limit), now_us=now_us)
    assert limiter.spend(examples.call(limit, **asked), now_us=now_us).state == "refused"
    assert limiter.spend(examples.call(limit, **asked), now_us=now_us + 1_000_000).state == "admitted"


def test_without_a_request_id_nothing_is_remembered(valkey: redis.Redis, limiter: limits.Limiter) -> None:
    limit = examples.rate(burst=5)
    states = [limiter.spend(examples.call(limit, bound_to="b")).state for _ in range(2)]
    assert states == ["admitted", "admitted"]
    assert not valkey.keys("*replay*")


def test_an_admission_is_remembered_for_fifteen_minutes(valkey: redis.Redis, limiter: limits.Limiter) -> None:
    limiter.spend(examples.call(examples.rate(), request_id="r", bound_to="b"))
    (name,) = valkey.scan_iter("*:replay:*")
    assert 14 * 60 < valkey.ttl(name) <= 15 * 60


def test_the_name_it_is_remembered_by_does_not_hold_the_request_id(
    valkey: redis.Redis, limiter: limits.Limiter
) -> None:
    limiter.spend(examples.call(examples.rate(), request_id="a-request-id", bound_to="b"))
    assert not valkey.keys("*a-request-id*")


def test_all_that_a_decision_touches_has_one_hash_tag(valkey: redis.Redis, limiter: limits.Limiter) -> None:
    limiter.spend(
        examples.call(examples.rate(), examples.rate(owner="key"), request_id="{2}", bound_to="b", public_id="p")
    )
    names = [name.decode() for name in valkey.scan_iter() if not name.endswith(b":token")]
    assert len(names) == 5
    assert all(name.startswith("{1}:") for name in names)


def test_a_limit_taken_away_since_is_left_out_of_a_replay(limiter: limits.Limiter) -> None:
    kept, removed = examples.rate(), examples.rate(owner="key")
    limiter.spend(examples.call(kept, removed, request_id="r", bound_to="b"))
    again = limiter.spend(examples.call(kept, request_id="r", bound_to="b"))
    assert [one.limit for one in again.standings] == [kept]
