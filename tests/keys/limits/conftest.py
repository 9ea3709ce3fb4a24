"""A counter store that no other test shares, and the limiter on it."""

from collections.abc import Iterator

import pytest
import redis
import time_machine
from django.conf import settings

from keys.limits import store
from keys.limits.limiter import Limiter
from orgs import tokens
from orgs.models import Organization
from tests.factories import OrganizationFactory
from tests.keys.limits import examples
from tests.keys.limits.setting import NOON


@pytest.fixture
def valkey() -> Iterator[redis.Redis]:
    """Emptied before and after. It may take its time, because the machine that tests is busy."""
    client = store.connect(settings.VALKEY_URL, timeout=10)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def limiter(valkey: redis.Redis) -> Limiter:
    for organization in range(3):
        valkey.set(tokens.name(organization), examples.TOKEN)
    return Limiter(store.Store(settings.VALKEY_URL, timeout=10))


@pytest.fixture
def at_noon() -> Iterator[time_machine.Traveller]:
    """It is noon until the test says otherwise."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def studio(db: None) -> Organization:
    """A customer of the standard plan: v1 300 and v2 120 requests a minute."""
    return OrganizationFactory(name="Halide")
