"""Django's cache in a Valkey cluster."""

import functools
from collections.abc import Mapping
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from orgs import valkey

TIMEOUT_SECONDS = 0.5


class ClusterClient(RedisCacheClient):
    """Asks the node that has a key, over lines that all threads of the process share."""

    _servers: list[str]

    def get_client(self, key: Any = None, *, write: bool = False) -> redis.Redis:
        return _client(self._servers[0])

    def set_many(self, data: Mapping[Any, Any], timeout: Any) -> None:
        # One after the other: the library sends no MSET to a cluster within a pipeline.
        for key, value in data.items():
            self.set(key, value, timeout)


class Cache(RedisCache):
    """The cache of settings.CACHES where VALKEY_CLUSTER is set."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ClusterClient


@functools.cache
def _client(url: str) -> redis.Redis:
    return valkey.connect(url, timeout=TIMEOUT_SECONDS)
