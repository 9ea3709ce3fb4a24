"""Pools of running jobs at the gateway's door, through both of its doors."""

from typing import Any

import pytest
import redis

from keys.limits import pools
from keys.models import KeySecret
from orgs.models import CapacityPool
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


@pytest.fixture(autouse=True)
def through_both_doors(door: str) -> None:
    """See tests/gateway/conftest.py."""


@pytest.fixture
def other(db: None) -> KeySecret:
    """The live secret of another customer."""
    made: KeySecret = SecretFactory()
    return made


def tiers(gateway: Gateway, secret: KeySecret, times: int, **fields: Any) -> list[str]:
    """Call so often; returns the tier of each admission, the code of each refusal."""
    answers = [gateway.validate(secret, **fields) for _ in range(times)]
    return [answer["service_tier"] or answer["code"] for answer in answers]


def running(store: redis.Redis, pool: CapacityPool) -> int:
    """How many jobs stand in the shared room of a pool."""
    return int(store.zcard(pools.jobs_key(pool.pk)))


def pass_by(store: redis.Redis, *, seconds: int, pattern: str = "*:jobs*") -> None:
    """Let time pass for jobs that nobody renews: each ends so much earlier."""
    for name in store.keys(pattern):
        for job in store.zrange(name, 0, -1):
            store.zincrby(name, -seconds * 1_000, job)
