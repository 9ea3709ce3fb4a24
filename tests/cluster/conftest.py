"""Everything here works on a Valkey cluster of three nodes, which is started once."""

from collections.abc import Iterator
from functools import lru_cache

import pytest
import redis
from pytest_django import Settings

from keys.limits import limiter as limits
from keys.limits import store
from keys.limits.cluster import Cluster
from keys.limits.limiter import Limiter
from orgs import tokens
from tests.gateway.conftest import calling, secret
from tests.keys.limits import examples
from tests.valkey_cluster import ValkeyCluster, third

__all__ = ["calling", "secret"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/cluster/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("cluster"))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    made = ValkeyCluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.stop()


@pytest.fixture
def valkey(cluster: ValkeyCluster, settings: Settings) -> Iterator[redis.Redis]:
    """The cluster's client, of which settings tell; all its nodes are emptied before and after."""
    settings.VALKEY_URL, settings.VALKEY_CLUSTER = cluster.url, True
    client = store.connect(cluster.url, timeout=10)
    client.flushall()
    yield client
    cluster.await_well()
    client.flushall()
    client.close()


@pytest.fixture
def counters(valkey: redis.Redis, cluster: ValkeyCluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The process's store, with patience: the machine that tests is busy."""
    made = Cluster(cluster.url, timeout=10)
    monkeypatch.setattr(limits, "limiter", lambda: Limiter(made))
    monkeypatch.setattr(store, "current", lambda: made)
    monkeypatch.setattr(store, "patient", lambda: made)
    monkeypatch.setattr(store, "client", lambda: valkey)
    monkeypatch.setattr(tokens, "_client", lambda: valkey)
    return made


@pytest.fixture
def limiter(valkey: redis.Redis, counters: Cluster) -> Limiter:
    for organization in range(40):
        valkey.set(tokens.name(organization), examples.TOKEN)
    return Limiter(counters)


@lru_cache
def organization_on(node: int, *, but: int = -1) -> int:
    """An organization whose counters lie on this node, of those that the `limiter` fixture knows."""
    return next(one for one in range(40) if one != but and third(tokens.name(one)) == node)
