"""Shared room: whoever comes first has it, for as long as the job runs; that there is none is our own fault."""

import pytest
import redis

from keys.limits import pools
from keys.models import KeySecret
from orgs import actions
from tests.capacity import ACTOR, a_pool, a_reservation, today
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway
from tests.gateway.leases.conftest import jobs, remaining
from tests.gateway.pools.conftest import pass_by, running, tiers


def test_two_organizations_compete_for_what_nobody_has_reserved(
    calling: Gateway, secret: KeySecret, other: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=3)
    a_reservation(pool, units=1)
    assert [tiers(calling, one, 1) for one in (secret, other) * 4] == [["shared"]] * 8
    assert (tiers(calling, secret, 1), tiers(calling, other, 1)) == (["CAPACITY_EXHAUSTED"],) * 2
    assert running(workers_valkey, pool) == 8


def test_that_there_is_no_room_is_our_own_fault_and_spends_nothing(calling: Gateway, secret: KeySecret) -> None:
    a_pool(capacity=0)
    before = remaining(calling, secret, "v2-minute")
    answer = calling.validate(secret, request_id="r")
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("CAPACITY_EXHAUSTED", 503, "our_capacity")
    assert (answer["violated"], answer["retryable"], answer["lease"], answer["service_tier"]) == ([], True, None, None)
    assert remaining(calling, secret, "v2-minute") == before


def test_a_customer_who_is_over_a_limit_of_theirs_is_told_that(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(organization=secret.key.organization, limit=1, burst=1)
    pool = a_pool(capacity=1)
    assert tiers(calling, secret, 2) == ["shared", "RATE_LIMITED"]
    pools.pools._of = {"v2": (pools.Pool(pool.pk, pool.code, "v2", 1),)}
    assert tiers(calling, secret, 1) == ["RATE_LIMITED"]


def test_a_key_that_is_refused_is_told_so_where_there_is_no_room(calling: Gateway) -> None:
    a_pool(capacity=0)
    assert tiers(calling, SecretFactory(key__state="revoked"), 1) == ["REVOKED"]
    assert tiers(calling, SecretFactory(key__organization__status="suspended"), 1) == ["ORG_SUSPENDED"]


def test_what_a_limit_refuses_takes_no_room(calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis) -> None:
    pool = a_pool(capacity=2)
    jobs(secret, 2)
    assert tiers(calling, secret, 4) == ["shared"] * 2 + ["CONCURRENCY_LIMITED"] * 2
    assert running(workers_valkey, pool) == 2


@pytest.mark.parametrize("fields", [{"admit": False}, {"lease": False}])
def test_who_begins_no_job_takes_no_room(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis, fields: dict[str, bool]
) -> None:
    pool = a_pool(capacity=0)
    answer = calling.validate(secret, **fields)
    assert (answer["code"], answer["lease"]) == ("VALID", None)
    assert running(workers_valkey, pool) == 0


def test_what_is_tried_out_takes_no_room(calling: Gateway, workers_valkey: redis.Redis) -> None:
    pool = a_pool(capacity=0)
    tried = SecretFactory(key__environment="test")
    a_reservation(a_pool("reserved", capacity=1), units=1, organization=tried.key.organization)
    assert tiers(calling, tried, 6) == ["sandbox"] * 6
    assert running(workers_valkey, pool) == 0


def test_a_version_without_a_pool_runs_anywhere(calling: Gateway, secret: KeySecret) -> None:
    a_pool(capacity=0)
    answer = calling.validate(secret, api_version="v1")
    assert (answer["service_tier"], answer["lease"]) == ("shared", None)


def test_the_next_pool_is_asked_where_the_first_is_full(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    first, second = a_pool(capacity=1), a_pool(capacity=1)
    assert tiers(calling, secret, 9) == ["shared"] * 8 + ["CAPACITY_EXHAUSTED"]
    assert (running(workers_valkey, first), running(workers_valkey, second)) == (4, 4)


def test_who_has_crashed_gives_the_room_back_with_time(
    calling: Gateway, secret: KeySecret, other: KeySecret, workers_valkey: redis.Redis
) -> None:
    a_pool(capacity=1)
    leases = [calling.validate(secret)["lease"]["id"] for _ in range(4)]
    assert tiers(calling, other, 1) == ["CAPACITY_EXHAUSTED"]
    pass_by(workers_valkey, seconds=100)
    assert calling.renew(leases[0]).status_code == 200
    pass_by(workers_valkey, seconds=21)
    assert tiers(calling, other, 4) == ["shared"] * 3 + ["CAPACITY_EXHAUSTED"]


def test_what_is_released_is_free_at_once_and_once(
    calling: Gateway, secret: KeySecret, other: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=1)
    leases = [calling.validate(secret)["lease"]["id"] for _ in range(4)]
    for _ in range(3):
        assert calling.release(leases[0]).status_code == 204
    assert calling.renew(leases[0]).status_code == 410
    assert tiers(calling, other, 2) == ["shared", "CAPACITY_EXHAUSTED"]
    assert running(workers_valkey, pool) == 4


def test_a_shared_job_is_renewed_in_its_pool_also_after_the_store_was_lost(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=1)
    lease = calling.validate(secret)["lease"]["id"]
    workers_valkey.flushdb()
    assert calling.renew(lease).status_code == 200
    assert running(workers_valkey, pool) == 1
    assert tiers(calling, secret, 4) == ["shared"] * 3 + ["CAPACITY_EXHAUSTED"]


def test_what_a_pool_holds_is_read_anew(calling: Gateway, secret: KeySecret) -> None:
    pool = a_pool(capacity=1)
    assert tiers(calling, secret, 5) == ["shared"] * 4 + ["CAPACITY_EXHAUSTED"]
    actions.set_capacity(pool=pool, actor=ACTOR, units=2, starts_on=today(), reason="more")
    pools.pools.read()
    assert tiers(calling, secret, 5) == ["shared"] * 4 + ["CAPACITY_EXHAUSTED"]
