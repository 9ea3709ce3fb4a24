"""A Valkey cluster of a test's own: three nodes with a third of the slots each, and one to replace the first."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis
from django.conf import settings
from redis import crc

from axis_admin import binaries

SLOTS = 16_384
MASTERS = 3
# Beyond this the others elect somebody else. The machine that tests is busy.
NODE_TIMEOUT_MS = 1_500
START_SECONDS = 30.0


class Node:
    """One server on loopback."""

    def __init__(self, folder: Path, port: int, bus: int) -> None:
        folder.mkdir()
        self.port = port
        options = {
            "dir": folder, "bind": "127.0.0.1", "port": port, "cluster-port": bus, "save": "", "appendonly": "no",
            "cluster-enabled": "yes", "cluster-config-file": "nodes.conf", "cluster-node-timeout": NODE_TIMEOUT_MS,
            "cluster-require-full-coverage": "no", "cluster-replica-validity-factor": "0",
            "repl-diskless-sync-delay": "0", "loglevel": "warning", "logfile": "valkey.log",
        }  # fmt: skip
        self._command = [str(binaries.valkey(settings.VALKEY_SERVER))]
        self._command += [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        self.client = redis.Redis(port=port, socket_timeout=5)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        await_true(self._answers)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def id(self) -> str:
        return str(self.client.execute_command("CLUSTER MYID").decode())

    def says_all_is_well(self, nodes: int) -> bool:
        told = self.client.execute_command("CLUSTER INFO")
        told = told if isinstance(told, dict) else dict(line.split(":") for line in told.decode().split())
        known = int(told["cluster_known_nodes"]), int(told["cluster_slots_ok"])
        return (told["cluster_state"], *known) == ("ok", nodes, SLOTS)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False


class ValkeyCluster:
    """The nodes, and the address that settings would name."""

    def __init__(self, folder: Path) -> None:
        ports = _free_ports(2 * (MASTERS + 1))
        self.nodes = [
            Node(folder / str(number), ports[2 * number], ports[2 * number + 1]) for number in range(MASTERS + 1)
        ]
        self.masters, self.replica = self.nodes[:MASTERS], self.nodes[MASTERS]
        self.url = f"redis://127.0.0.1:{self.masters[0].port}"
        self._join(ports[1::2])

    def _join(self, buses: list[int]) -> None:
        for number, node in enumerate(self.masters):
            first, last = SLOTS * number // MASTERS, SLOTS * (number + 1) // MASTERS - 1
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
            node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for node, bus in zip(self.nodes[1:], buses[1:], strict=True):
            self.nodes[0].client.execute_command("CLUSTER MEET", "127.0.0.1", node.port, bus)
        self.await_well()
        self.replica.client.execute_command("CLUSTER REPLICATE", self.masters[0].id)
        await_true(lambda: self.replica.client.info("replication")["master_link_status"] == "up")

    def give_back(self) -> None:
        """Let the first node, which came back as a replica of what was its own, be what it was."""
        self.await_well()
        node = self.masters[0].client
        await_true(lambda: node.info("replication").get("master_link_status") == "up")
        # On a busy machine the others may take too long to agree: then it is asked for once more.
        await_true(lambda: node.info("replication")["role"] == "master" or _fails_over(node))
        await_true(lambda: self.replica.client.info("replication").get("master_link_status") == "up")
        self.await_well()

    def await_well(self) -> None:
        """Wait until every node that runs says that all slots are served."""
        running = [node for node in self.nodes if node.process.poll() is None]
        await_true(lambda: all(node.says_all_is_well(len(self.nodes)) for node in running))

    def stop(self) -> None:
        for node in self.nodes:
            node.client.close()
            node.kill()


def third(name: str) -> int:
    """On which of the masters a key lies at first."""
    return int(crc.key_slot(name.encode())) * MASTERS // SLOTS


def await_true(question: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not question():
        assert time.monotonic() < end
        time.sleep(0.02)


def _fails_over(node: redis.Redis) -> bool:
    with contextlib.suppress(redis.ResponseError):
        node.execute_command("CLUSTER FAILOVER")
    time.sleep(2)
    return bool(node.info("replication")["role"] == "master")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
