"""The same request id is the same job: it takes room once, and keeps what it has."""

from typing import Any

import pytest
import redis

from keys.limits import ending, leases, store
from keys.models import KeySecret
from tests.capacity import a_pool, a_reservation
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway, asked
from tests.gateway.pools.conftest import running, tiers


def again(gateway: Gateway, secret: KeySecret, **fields: Any) -> list[dict[str, Any]]:
    """Ask twice with one request id."""
    return [gateway.validate(secret, request_id="r", **fields) for _ in range(2)]


def test_it_takes_room_once_and_is_answered_the_same(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=1)
    first, second = again(calling, secret)
    assert first == second
    assert first["lease"]
    assert running(workers_valkey, pool) == 1


def test_it_is_answered_the_same_where_there_is_no_room_left(calling: Gateway, secret: KeySecret) -> None:
    a_pool(capacity=1)
    first = calling.validate(secret, request_id="r")
    assert tiers(calling, secret, 4) == ["shared"] * 3 + ["CAPACITY_EXHAUSTED"]
    assert calling.validate(secret, request_id="r") == first


def test_it_takes_no_room_for_a_job_that_has_ended(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=1)
    first = calling.validate(secret, request_id="r")
    ending.end(store.current(), [leases.read(first["lease"]["id"])])
    assert calling.validate(secret, request_id="r") == first
    assert running(workers_valkey, pool) == 0
    assert tiers(calling, secret, 5) == ["shared"] * 4 + ["CAPACITY_EXHAUSTED"]
    assert calling.validate(secret, request_id="r") == first
    assert running(workers_valkey, pool) == 4


def test_it_stays_in_the_pool_in_which_it_began(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    full, second = a_pool(capacity=1), a_pool(capacity=1)
    held = [calling.validate(secret)["lease"]["id"] for _ in range(4)]
    first = calling.validate(secret, request_id="r")
    calling.release(held[0])
    assert calling.validate(secret, request_id="r") == first
    assert (running(workers_valkey, full), running(workers_valkey, second)) == (3, 1)


def test_beyond_a_reservation_it_keeps_its_room(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=2)
    a_reservation(pool, units=1, organization=secret.key.organization)
    held = [calling.validate(secret)["lease"]["id"] for _ in range(4)]
    first = calling.validate(secret, request_id="r")
    assert first["service_tier"] == "shared"
    calling.release(held[0])
    assert calling.validate(secret, request_id="r") == first
    workers_valkey.delete(f"{{p:{pool.pk}}}:jobs")
    assert calling.renew(first["lease"]["id"]).status_code == 200
    assert running(workers_valkey, pool) == 1


def test_one_that_was_dedicated_stays_it(calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis) -> None:
    pool = a_pool(capacity=2)
    a_reservation(pool, units=1, organization=secret.key.organization)
    first = calling.validate(secret, request_id="r")
    assert tiers(calling, secret, 4) == ["dedicated"] * 3 + ["shared"]
    assert calling.validate(secret, request_id="r") == first
    assert running(workers_valkey, pool) == 1


@pytest.mark.parametrize("is_full", [False, True])
def test_with_other_values_it_is_a_400_and_takes_no_room(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis, is_full: bool
) -> None:
    pool = a_pool(capacity=1)
    lease = calling.validate(secret, request_id="r")["lease"]["id"]
    if is_full:
        tiers(calling, secret, 3)
    else:
        ending.end(store.current(), [leases.read(lease)])
    other = SecretFactory(key__organization=secret.key.organization)
    assert calling.post("keys/validate", asked(other, request_id="r")).status_code == 400
    assert running(workers_valkey, pool) == (4 if is_full else 0)


def test_the_same_id_of_another_organization_is_another_job(
    calling: Gateway, secret: KeySecret, other: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=1)
    for one in (secret, other):
        assert calling.validate(one, request_id="r")["service_tier"] == "shared"
    assert running(workers_valkey, pool) == 2
