"""A whole verdict on a cluster: limits, a reservation and shared room on different nodes, and the sweeps."""

from collections.abc import Iterator

import pytest
import redis
from django.core.cache import caches
from pytest_django import Settings

from axis_admin import readiness
from axis_admin.cache import Cache
from keys import actions, counts, refusals, uses
from keys.limits import pools
from keys.limits.cluster import Cluster
from keys.models import DecisionMinute, KeySecret, Refusal, SecretUse
from orgs import tokens
from orgs.models import CapacityPool
from tests.capacity import a_pool, a_reservation
from tests.cast import ACTOR
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway
from tests.valkey_cluster import third

WINDOW = {"kind": "window", "window": "month", "dimension": "generations", "period_s": None, "burst": None}
JOBS = {"kind": "concurrency", "dimension": "requests", "period_s": None, "burst": None}


@pytest.fixture(autouse=True)
def on_the_cluster(counters: Cluster) -> None:
    """See conftest.py."""


@pytest.fixture(autouse=True)
def pools_are_read_anew() -> Iterator[None]:
    pools.pools._read_at = float("-inf")
    yield
    pools.pools._read_at = float("-inf")


def apart(secret: KeySecret) -> CapacityPool:
    """A pool of one unit, whose jobs lie on another node than what the customer's organization has counted."""
    own = third(tokens.name(secret.key.organization_id))
    # Pools of v1 serve none of these calls: they are made until the next one lies elsewhere.
    last = a_pool(api_version="v1")
    while third(pools.jobs_key(last.pk + 1)) == own:
        last = a_pool(api_version="v1")
    return a_pool(capacity=2)


def limited(secret: KeySecret, **fields: object) -> None:
    RuleFactory(organization=secret.key.organization, api_version=None, **fields)


def test_reserved_then_shared_then_over_a_limit(calling: Gateway, secret: KeySecret, valkey: redis.Redis) -> None:
    limited(secret, name="month", limit=100, **WINDOW)
    limited(secret, name="jobs", limit=6, **JOBS)
    pool = apart(secret)
    a_reservation(pool, units=1, organization=secret.key.organization, overflow="shared")
    answers = [calling.validate(secret) for _ in range(7)]
    assert [one["service_tier"] for one in answers] == ["dedicated"] * 4 + ["shared"] * 2 + [None]
    assert (answers[6]["code"], answers[6]["violated"]) == ("CONCURRENCY_LIMITED", ["jobs"])
    remaining = {one["name"]: one["remaining"] for one in answers[6]["limits"]}
    assert (remaining["month"], remaining["jobs"], valkey.zcard(pools.jobs_key(pool.pk))) == (94, 0, 2)


def test_what_was_told_is_written_down_from_all_nodes(calling: Gateway, valkey: redis.Redis) -> None:
    customers = [SecretFactory() for _ in range(4)]
    while len({third(tokens.name(one.key.organization_id)) for one in customers}) < 3:
        customers.append(SecretFactory())
    for secret in customers:
        limited(secret, name="jobs", limit=1, **JOBS)
        assert [calling.validate(secret)["code"] for _ in range(2)] == ["VALID", "CONCURRENCY_LIMITED"]
    counts.flush()
    uses.flush()
    refusals.flush()
    assert DecisionMinute.objects.filter(code="VALID").count() == len(customers) == SecretUse.objects.count()
    assert set(Refusal.objects.values_list("code", flat=True)) == {"CONCURRENCY_LIMITED"}
    assert Refusal.objects.count() == len(customers)
    assert not list(valkey.scan_iter("*:tally*"))
    assert counts.lag(valkey) is not None


@pytest.mark.django_db(transaction=True)
def test_a_change_is_felt_at_once_whichever_node_has_its_token(calling: Gateway, secret: KeySecret) -> None:
    assert calling.validate(secret)["code"] == "VALID"
    actions.pause_key(key=secret.key, actor=ACTOR, reason="because")
    assert calling.validate(secret)["code"] == "PAUSED"


def test_the_cache_and_readiness_know_the_cluster(db: None, valkey: redis.Redis, settings: Settings) -> None:
    cache = Cache(settings.VALKEY_URL, {"KEY_PREFIX": "{cache}"})
    cache.set_many({f"k{number}": number for number in range(9)})
    assert cache.get_many([f"k{number}" for number in range(9)]) == {f"k{number}": number for number in range(9)}
    assert (cache.add("k1", 5), cache.incr("k1", 2), cache.get("k1")) == (False, 3, 3)
    assert caches["default"].key_prefix == "{cache}"
    assert "counter_store" not in readiness.failing()
