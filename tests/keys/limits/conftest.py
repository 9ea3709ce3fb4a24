"""A counter store that no other test shares, and the limiter on it."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from keys.limits import store
from keys.limits.limiter import Limiter
from orgs import tokens
from tests.keys.limits import examples


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
