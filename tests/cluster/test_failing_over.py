"""While a node is away the others go on, nobody waits longer than 50 ms, and its replica takes its place by itself."""

import time

from keys.limits import store
from keys.limits.cluster import Cluster
from keys.limits.limiter import Limiter
from tests.cluster.conftest import organization_on
from tests.keys.limits import examples
from tests.valkey_cluster import START_SECONDS, ValkeyCluster


def asked(limiter: Limiter, organization: int) -> str:
    """Return what became of a call, "away" where it was not decided."""
    try:
        return limiter.spend(examples.call(examples.rate(), organization=organization)).state
    except store.CounterStoreDown:
        return "away"


def test_a_node_that_dies_is_replaced(limiter: Limiter, cluster: ValkeyCluster) -> None:
    theirs, others = organization_on(0), organization_on(1)
    seed = f"redis://127.0.0.1:{cluster.masters[1].port}"
    impatient = Limiter(Cluster(seed))
    changes: list[bool] = []
    patient = Limiter(Cluster(seed, timeout=10, on_change=changes.append))
    assert [asked(patient, one) for one in (theirs, others)] == ["admitted", "admitted"]
    cluster.masters[0].kill()
    try:
        assert asked(patient, theirs) == "away"
        assert asked(patient, others) == "admitted"
        began = time.monotonic()
        assert asked(impatient, theirs) == "away"
        assert time.monotonic() - began < 1
        _await_its_replica(patient, theirs)
        assert (asked(patient, others), changes) == ("admitted", [True, False])
    finally:
        cluster.masters[0].start()
        cluster.give_back()


def _await_its_replica(limiter: Limiter, organization: int) -> None:
    end = time.monotonic() + START_SECONDS
    while (state := asked(limiter, organization)) == "away":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert state in ("admitted", "stale")
