"""A report that names the request alone ends the job of that admission: its key's, and wherever it counts."""

from typing import Any

import pytest
import redis

from keys.limits import leases, pools
from keys.models import KeySecret
from tests.capacity import a_pool, a_reservation
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway
from tests.gateway.generations.conftest import Report, customer, generation, report, secret
from tests.gateway.leases.conftest import CONCURRENCY, jobs, quota, remaining
from tests.gateway.leases.test_renew import taken
from tests.gateway.test_problems import assert_problem

__all__ = ["customer", "report", "secret"]

FAILED = {"outcome": "failed", "failure_cause": "engine"}
SETS = ("*:jobs*", "*:reserved:*", "*:running")


@pytest.fixture
def busy(secret: KeySecret) -> KeySecret:
    """A customer with a contract, of whom one job may run."""
    jobs(secret)
    return secret


def standing(store: redis.Redis) -> int:
    """In how many places running jobs stand."""
    return sum(store.zcard(name) for pattern in SETS for name in store.keys(pattern))


@pytest.mark.parametrize("outcome", [{}, FAILED])
def test_its_room_is_free_and_it_cannot_be_renewed(
    calling: Gateway, busy: KeySecret, report: Report, outcome: dict[str, str]
) -> None:
    lease = taken(calling, busy, request_id="r1")["id"]
    assert calling.validate(busy)["code"] == "CONCURRENCY_LIMITED"
    report(generation(busy, request_id="r1", **outcome))
    assert_problem(calling.renew(lease), 410)
    assert calling.validate(busy)["code"] == "VALID"


@pytest.mark.parametrize("version", [None, "v2"])
@pytest.mark.parametrize("is_the_keys", [False, True])
def test_it_leaves_every_set_that_it_stands_in(
    calling: Gateway,
    secret: KeySecret,
    report: Report,
    workers_valkey: redis.Redis,
    version: str | None,
    is_the_keys: bool,
) -> None:
    owner: dict[str, Any] = {"key": secret.key} if is_the_keys else {"organization": secret.key.organization}
    RuleFactory(**{"organization": None, **owner}, name="jobs", limit=9, **{**CONCURRENCY, "api_version": version})
    taken(calling, secret, request_id="r1")
    assert standing(workers_valkey) == 2
    report(generation(secret, request_id="r1"))
    assert standing(workers_valkey) == 0


def test_a_reserved_job_leaves_its_reservation(
    calling: Gateway, secret: KeySecret, report: Report, workers_valkey: redis.Redis
) -> None:
    a_reservation(a_pool(capacity=1), units=1, organization=secret.key.organization)
    answer = calling.validate(secret, request_id="r1")
    assert (answer["service_tier"], standing(workers_valkey)) == ("dedicated", 2)
    report(generation(secret, request_id="r1"))
    assert standing(workers_valkey) == 0


def test_a_shared_job_leaves_its_pool_and_stays_over_there(
    calling: Gateway, secret: KeySecret, report: Report, workers_valkey: redis.Redis
) -> None:
    a_pool(capacity=0)
    pool = a_pool(capacity=1)
    lease = taken(calling, secret, request_id="r1")["id"]
    report(generation(secret, request_id="r1"))
    assert workers_valkey.zcard(pools.jobs_key(pool.pk)) == 0
    assert_problem(calling.renew(lease), 410)
    assert standing(workers_valkey) == 0


def test_another_key_of_the_same_organization_ends_nothing(
    calling: Gateway, busy: KeySecret, report: Report, workers_valkey: redis.Redis
) -> None:
    lease = taken(calling, busy, request_id="r1")["id"]
    other = SecretFactory(key__organization=busy.key.organization)
    assert report(generation(other, request_id="r1"))[0]["status"] == "accepted"
    assert calling.renew(lease).status_code == 200
    assert standing(workers_valkey) == 2


def test_another_organization_ends_nothing(calling: Gateway, busy: KeySecret, report: Report) -> None:
    lease = taken(calling, busy, request_id="r1")["id"]
    report(generation(SecretFactory(), request_id="r1"))
    assert calling.renew(lease).status_code == 200


def test_another_job_of_the_key_goes_on(calling: Gateway, secret: KeySecret, report: Report) -> None:
    jobs(secret, 2)
    first, second = (taken(calling, secret, request_id=name)["id"] for name in ("r1", "r2"))
    report(generation(secret, request_id="r1"), generation(secret, request_id="never asked"))
    assert_problem(calling.renew(first), 410)
    assert calling.renew(second).status_code == 200


def test_a_lease_that_is_reported_with_another_request_is_the_one_that_ends(
    calling: Gateway, secret: KeySecret, report: Report
) -> None:
    jobs(secret, 2)
    first, second = (taken(calling, secret, request_id=name)["id"] for name in ("r1", "r2"))
    report(generation(secret, request_id="r2", lease=first))
    assert_problem(calling.renew(first), 410)
    assert calling.renew(second).status_code == 200


def test_a_dry_run_ends_nothing(calling: Gateway, busy: KeySecret, report: Report) -> None:
    lease = taken(calling, busy, request_id="r1")["id"]
    report(generation(busy, request_id="r1"), dry_run=True)
    assert calling.renew(lease).status_code == 200


def test_what_began_no_job_has_none_to_end(
    calling: Gateway, busy: KeySecret, report: Report, workers_valkey: redis.Redis
) -> None:
    calling.validate(busy, request_id="r1", lease=False)
    report(generation(busy, request_id="r1"))
    assert workers_valkey.keys("*:over:*") == []


def test_what_succeeded_stays_used(calling: Gateway, busy: KeySecret, report: Report) -> None:
    quota(busy, 10)
    taken(calling, busy, request_id="r1")
    for _ in range(2):
        report(generation(busy, request_id="r1"))
    assert remaining(calling, busy, "day") == 8


def test_the_job_that_is_found_is_the_one_that_the_lease_names(
    calling: Gateway, busy: KeySecret, report: Report, workers_valkey: redis.Redis
) -> None:
    held = leases.read(taken(calling, busy, request_id="r1")["id"])
    report(generation(busy, request_id="r1"))
    assert int(workers_valkey.get(held.tombstone) or 0) == held.last_end
