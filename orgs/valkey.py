"""Clients of the counter store, one server or a cluster, for whatever is not asked with every call."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException
from redis.retry import Retry

Answer = TypeVar("Answer")


def connect(url: str, *, timeout: float, tries: int = 0) -> redis.Redis:
    """Return a client that waits so many seconds at most, and tries so many times more.

    With VALKEY_CLUSTER the address is that of any node, and the client asks whichever node has a key. Raises RedisError
    where it can learn nothing of the cluster.
    """
    times = {"socket_timeout": timeout, "socket_connect_timeout": timeout}
    if not settings.VALKEY_CLUSTER:
        return redis.Redis.from_url(url, retry=Retry(NoBackoff(), tries), protocol=2, **times)
    # With the same calls, as far as they are used here; its type says nothing of that.
    return cast(redis.Redis, _told(lambda: Cluster.from_url(url, retry=Retry(NoBackoff(), max(1, tries)), **times)))


class Cluster(redis.RedisCluster):
    """A cluster's client whose errors are RedisErrors, as a server's are: others are not expected anywhere."""

    def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        return _told(lambda: super(Cluster, self).execute_command(*args, **kwargs))

    def pipeline(self, transaction: bool | None = None, shard_hint: Any = None) -> Any:
        """Return what collects commands for any nodes, and sends them at once; they are never one transaction."""
        made = super().pipeline(transaction, shard_hint)
        execute = made.execute
        made.execute = lambda *args, **kwargs: _told(lambda: execute(*args, **kwargs))
        # The library leaves it out, although a script's keys say where it goes as well as any command's.
        made.eval = functools.partial(made.execute_command, "EVAL")
        return made


def _told(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except RedisClusterException as error:
        raise redis.ConnectionError(str(error)) from error
