"""The counter store: Valkey, asked in one short call or not at all."""

import functools

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

# Beyond this the customer waits for us: whether to admit without counting is then for the plan to say.
TIMEOUT_SECONDS = 0.05


class CounterStoreDown(Exception):
    """The counter store did not answer, or not in time. It says nothing about the customer."""


def connect(url: str, *, timeout: float = TIMEOUT_SECONDS) -> redis.Redis:
    """Return a client that fails fast and asks once: a second try could spend a second time."""
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


@functools.cache
def client() -> redis.Redis:
    """Return this process's client."""
    return connect(settings.VALKEY_URL)
