"""What an organization has reserved is its own: inside it a job is dedicated, and nobody else's matter."""

from datetime import timedelta

import redis

from keys.models import KeySecret
from orgs.models import Reservation
from tests.capacity import a_pool, a_reservation
from tests.gateway.conftest import Gateway
from tests.gateway.pools.conftest import pass_by, running, tiers

REFUSE = Reservation.Overflow.REFUSE


def test_inside_the_reservation_a_job_is_dedicated_and_beyond_it_shared(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=2)
    a_reservation(pool, units=1, organization=secret.key.organization)
    assert tiers(calling, secret, 9) == ["dedicated"] * 4 + ["shared"] * 4 + ["CAPACITY_EXHAUSTED"]
    assert running(workers_valkey, pool) == 4


def test_the_answer_tells_of_the_reservation_as_of_a_limit(calling: Gateway, secret: KeySecret) -> None:
    pool = a_pool(capacity=2)
    a_reservation(pool, units=1, organization=secret.key.organization)
    answer = calling.validate(secret)
    [told] = [one for one in answer["limits"] if one["name"] == pool.code]
    assert (told["kind"], told["limit"], told["remaining"]) == ("concurrency", 4, 3)
    assert told["source"] == f"reservation:{pool.code}"
    assert answer["lease"]["renew_every_s"] == 40


def test_where_overflow_is_refused_the_customer_s_own_limit_is_what_refuses(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=2)
    a_reservation(pool, units=1, organization=secret.key.organization, overflow=REFUSE)
    assert tiers(calling, secret, 5) == ["dedicated"] * 4 + ["CONCURRENCY_LIMITED"]
    answer = calling.validate(secret)
    assert (answer["http_status"], answer["cause"], answer["violated"]) == (429, "customer_limit", [pool.code])
    assert running(workers_valkey, pool) == 0


def test_whoever_else_fills_the_shared_room_a_reservation_is_free(
    calling: Gateway, secret: KeySecret, other: KeySecret
) -> None:
    pool = a_pool(capacity=2)
    a_reservation(pool, units=1, organization=secret.key.organization)
    assert tiers(calling, other, 5) == ["shared"] * 4 + ["CAPACITY_EXHAUSTED"]
    assert tiers(calling, secret, 5) == ["dedicated"] * 4 + ["CAPACITY_EXHAUSTED"]


def test_two_reservations_of_two_organizations_know_nothing_of_each_other(
    calling: Gateway, secret: KeySecret, other: KeySecret
) -> None:
    pool = a_pool(capacity=3)
    a_reservation(pool, units=1, organization=secret.key.organization, overflow=REFUSE)
    a_reservation(pool, units=2, organization=other.key.organization, overflow=REFUSE)
    assert tiers(calling, secret, 5) == ["dedicated"] * 4 + ["CONCURRENCY_LIMITED"]
    assert tiers(calling, other, 9) == ["dedicated"] * 8 + ["CONCURRENCY_LIMITED"]


def test_a_job_that_ends_leaves_its_place_to_the_next(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    a_reservation(a_pool(capacity=1), units=1, organization=secret.key.organization, overflow=REFUSE)
    leases = [calling.validate(secret)["lease"]["id"] for _ in range(4)]
    for _ in range(2):
        assert calling.release(leases[0]).status_code == 204
    assert tiers(calling, secret, 2) == ["dedicated", "CONCURRENCY_LIMITED"]
    pass_by(workers_valkey, seconds=121, pattern="*:reserved:*")
    assert tiers(calling, secret, 5) == ["dedicated"] * 4 + ["CONCURRENCY_LIMITED"]


def test_a_dedicated_job_is_renewed_in_its_reservation(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=1)
    a_reservation(pool, units=1, organization=secret.key.organization, overflow=REFUSE)
    lease = calling.validate(secret)["lease"]["id"]
    workers_valkey.flushdb()
    assert calling.renew(lease).status_code == 200
    assert tiers(calling, secret, 4) == ["dedicated"] * 3 + ["CONCURRENCY_LIMITED"]
    assert running(workers_valkey, pool) == 0


def test_a_hold_reserves_nothing_yet_but_nobody_else_has_its_room(
    calling: Gateway, secret: KeySecret, other: KeySecret
) -> None:
    pool = a_pool(capacity=2)
    a_reservation(pool, units=1, organization=secret.key.organization, hold_for=timedelta(days=2))
    assert tiers(calling, secret, 1) == ["shared"]
    assert tiers(calling, other, 4) == ["shared"] * 3 + ["CAPACITY_EXHAUSTED"]
