"""How long a lease lasts follows from how long the customer's jobs take."""

import pytest
import redis
from django.utils import timezone

from keys import job_lengths
from keys.job_lengths import Measured
from keys.models import KeySecret
from tests.gateway.conftest import Gateway
from tests.gateway.leases.test_renew import taken, until


@pytest.fixture
def slow(busy: KeySecret) -> KeySecret:
    """A customer whose jobs of v2 take up to five minutes, and of v1 no time at all."""
    of = busy.key.organization_id
    job_lengths.note([Measured(of, "v2", 300_000), Measured(of, "v1", 900)], at=timezone.now())
    return busy


def test_twice_as_long_as_nearly_all_of_them(calling: Gateway, slow: KeySecret, workers_valkey: redis.Redis) -> None:
    lease = taken(calling, slow)
    assert lease["renew_every_s"] == 200
    assert 590 < until(lease).total_seconds() <= 600
    assert 590 < until(calling.renew(lease["id"]).json()["lease"]).total_seconds() <= 600
    [name] = workers_valkey.keys("*:jobs:*")
    [(_, ends)] = workers_valkey.zrange(name, 0, 0, withscores=True)
    assert 590 < ends / 1_000 - timezone.now().timestamp() <= 600


def test_each_version_by_itself_and_never_below_a_minute(calling: Gateway, slow: KeySecret) -> None:
    assert taken(calling, slow, api_version="v1")["renew_every_s"] == 20
