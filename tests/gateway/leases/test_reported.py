"""A reported generation ends its lease, whatever came of it; what is reported is settled, not given back."""

from typing import Any

import pytest
import redis

from keys.limits import pools
from keys.models import KeySecret
from tests.capacity import a_pool
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway
from tests.gateway.generations.conftest import Report, customer, generation, report, secret
from tests.gateway.leases.conftest import jobs, quota, remaining
from tests.gateway.leases.test_renew import taken
from tests.gateway.test_problems import assert_problem

__all__ = ["customer", "report", "secret"]

FAILED = {"outcome": "failed", "failure_cause": "engine"}


@pytest.fixture
def busy(secret: KeySecret) -> KeySecret:
    """A customer with a contract, of whom one job may run."""
    jobs(secret)
    return secret


@pytest.mark.parametrize("outcome", [{}, FAILED])
def test_its_room_is_free_and_it_cannot_be_renewed(
    calling: Gateway, busy: KeySecret, report: Report, outcome: dict[str, str]
) -> None:
    lease = taken(calling, busy)["id"]
    report(generation(busy, lease=lease, **outcome))
    assert_problem(calling.renew(lease), 410)
    assert calling.validate(busy)["code"] == "VALID"


@pytest.mark.parametrize(("outcome", "left"), [({}, 9), (FAILED, 10)])
def test_what_succeeded_stays_used_and_releasing_it_later_changes_nothing(
    calling: Gateway, busy: KeySecret, report: Report, outcome: dict[str, str], left: int
) -> None:
    quota(busy, 10)
    lease = taken(calling, busy)["id"]
    report(generation(busy, lease=lease, **outcome))
    assert remaining(calling, busy, "day") == left
    assert calling.release(lease).status_code == 204
    assert remaining(calling, busy, "day") == left


def test_released_first_and_reported_later_it_is_used_once(calling: Gateway, busy: KeySecret, report: Report) -> None:
    quota(busy, 10)
    lease = taken(calling, busy)["id"]
    calling.release(lease)
    assert remaining(calling, busy, "day") == 10
    for _ in range(2):
        item = generation(busy, lease=lease)
        report(item)
        report(item)
    assert remaining(calling, busy, "day") == 8


def test_renewed_after_the_store_was_lost_it_is_used_once(
    calling: Gateway, busy: KeySecret, report: Report, workers_valkey: redis.Redis
) -> None:
    quota(busy, 10)
    lease = taken(calling, busy)["id"]
    workers_valkey.flushdb()
    calling.renew(lease)
    assert remaining(calling, busy, "day") == 9
    report(generation(busy, lease=lease))
    assert remaining(calling, busy, "day") == 9


def test_a_shared_job_leaves_its_pool(
    calling: Gateway, secret: KeySecret, report: Report, workers_valkey: redis.Redis
) -> None:
    pool = a_pool(capacity=1)
    lease = taken(calling, secret)["id"]
    report(generation(secret, lease=lease))
    assert workers_valkey.zcard(pools.jobs_key(pool.pk)) == 0


def test_a_dry_run_ends_nothing(calling: Gateway, busy: KeySecret, report: Report) -> None:
    lease = taken(calling, busy)["id"]
    report(generation(busy, lease=lease), dry_run=True)
    assert calling.renew(lease).status_code == 200


@pytest.mark.parametrize("lease", ["", "x", "A" * 300, None])
def test_what_is_no_lease_is_no_reason_not_to_count(busy: KeySecret, report: Report, lease: Any) -> None:
    assert report(generation(busy, lease=lease))[0]["status"] == "accepted"


def test_another_organization_s_lease_goes_on(calling: Gateway, busy: KeySecret, report: Report) -> None:
    lease = taken(calling, busy)["id"]
    other = SecretFactory()
    report(generation(other, lease=lease))
    assert calling.renew(lease).status_code == 200


def test_hundreds_of_leases_end_with_one_batch(
    calling: Gateway, secret: KeySecret, report: Report, workers_valkey: redis.Redis
) -> None:
    RuleFactory(organization=secret.key.organization, limit=100_000, burst=1_000)
    jobs(secret, 1_000)
    leases = [taken(calling, secret)["id"] for _ in range(420)]
    assert workers_valkey.zcard(workers_valkey.keys("*:jobs:*")[0]) == 420
    report(*(generation(secret, lease=lease) for lease in leases))
    assert workers_valkey.keys("*:jobs:*") == []
