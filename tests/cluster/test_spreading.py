"""Each command goes to the node that has its key, also where that is another one than before."""

import pytest
import redis
from redis import crc

from keys.limits import store
from keys.limits.cluster import Cluster
from keys.limits.limiter import Limiter
from orgs import tokens
from tests.cluster.conftest import organization_on
from tests.keys.limits import examples
from tests.valkey_cluster import MASTERS, SLOTS, Node, ValkeyCluster, third

NAMES = [f"{{{number}}}:x" for number in range(20)]
# Between the first and the second node, and nobody's in other tests.
SLOT = SLOTS // MASTERS - 1


def test_answers_come_in_the_order_of_the_questions(counters: Cluster) -> None:
    counters.ask_all(*[("SET", name, number) for number, name in enumerate(NAMES)])
    assert counters.ask_all(*[("GET", name) for name in NAMES]) == [b"%d" % n for n in range(len(NAMES))]
    assert len(counters._nodes) == MASTERS


def test_what_has_no_key_goes_where_the_command_before_it_went(counters: Cluster, cluster: ValkeyCluster) -> None:
    asked = [command for name in NAMES for command in (("SET", name, "1"), ("INFO", "server"))]
    told = [answer for answer in counters.ask_all(*asked) if answer != b"OK"]
    ports = [f"tcp_port:{cluster.masters[node].port}\r\n".encode() for node in map(third, NAMES)]
    assert [port in answer for port, answer in zip(ports, told, strict=True)] == [True] * len(NAMES)


def test_a_script_is_made_known_to_each_node(counters: Cluster, limiter: Limiter, cluster: ValkeyCluster) -> None:
    for node in cluster.masters:
        node.client.script_flush()
    organizations = [organization_on(node) for node in range(MASTERS)]
    states = [limiter.spend(examples.call(examples.rate(), organization=one)).state for one in organizations]
    assert states == ["admitted"] * MASTERS
    assert [counters.evaluate("return KEYS[1]", [name], []) for name in NAMES] == [name.encode() for name in NAMES]


def test_keys_of_two_nodes_in_one_script_are_refused(counters: Cluster) -> None:
    with pytest.raises(store.CounterStoreDown, match="same slot"):
        counters.evaluate("return 1", [tokens.name(organization_on(0)), tokens.name(organization_on(1))], [])


def test_a_slot_that_moves_is_followed(counters: Cluster, cluster: ValkeyCluster) -> None:
    name = _name_in(SLOT, cluster)
    assert counters.ask("SET", name, "before") == b"OK"
    counters.ask("DEL", name)
    source, target = cluster.masters[0], cluster.masters[1]
    try:
        target.client.execute_command("CLUSTER SETSLOT", SLOT, "IMPORTING", source.id)
        source.client.execute_command("CLUSTER SETSLOT", SLOT, "MIGRATING", target.id)
        # On the way: what is not at the source any more is asked for at the target.
        assert counters.ask_all(("SET", name, "while"), ("GET", name)) == [b"OK", b"while"]
        _give(SLOT, target, cluster)
        assert counters.ask("GET", name) == b"while"
        counters.ask("DEL", name)
    finally:
        _give(SLOT, source, cluster)
    assert counters.ask("GET", name) is None


def test_a_store_that_is_told_of_no_cluster_says_what_is_wrong(valkey: redis.Redis, cluster: ValkeyCluster) -> None:
    single = store.Store(cluster.url, timeout=10)
    with pytest.raises(store.CounterStoreDown, match="MOVED"):
        single.ask_all(*[("GET", name) for name in NAMES])


def _name_in(slot: int, cluster: ValkeyCluster) -> str:
    return next(name for name in (f"{{m{n}}}" for n in range(1_000_000)) if crc.key_slot(name.encode()) == slot)


def _give(slot: int, owner: Node, cluster: ValkeyCluster) -> None:
    for node in (owner, *cluster.masters):
        node.client.execute_command("CLUSTER SETSLOT", slot, "NODE", owner.id)
