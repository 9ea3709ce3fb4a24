"""The counter store as a cluster: each command goes to the node that has its key, and its whereabouts are learnt anew.

A node is a store of its own, with a breaker of its own: while one is away, the organizations of the others are counted.
"""

import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import hiredis
from redis import crc

from keys.limits import store
from keys.limits.breaker import Breaker

MOST_REDIRECTIONS = 5
# After a failure the other nodes are asked where everything is, once in so many seconds.
RENEWAL_SECONDS = 0.1
_WITHOUT_KEY = frozenset(["PING", "TIME", "ECHO", "INFO"])
_WHERE, _ASKING = b"*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n", b"*1\r\n$6\r\nASKING\r\n"

Address = tuple[str, int]


class Node(store.Store):
    """One of the cluster's servers; that a key is elsewhere is an answer."""

    expected = (*store.Store.expected, "MOVED ", "ASK ")

    @property
    def host(self) -> str:
        return str(self._pool.connection_kwargs.get("host", "localhost"))


class _Breakers(Breaker):
    """Whether any node is left alone, of those that have something."""

    def __init__(self, on_change: Callable[[bool], object], make: Callable[..., Breaker]) -> None:
        super().__init__(on_change=on_change)
        self._make = make
        self._of: dict[Address, Breaker] = {}
        self._told = False

    @property
    def is_open(self) -> bool:
        return any(breaker.is_open for breaker in list(self._of.values()))

    def of(self, address: Address) -> Breaker:
        return self._of.setdefault(address, self._make(on_change=self._look))

    def forget(self, address: Address) -> None:
        self._of.pop(address, None)
        self._look(False)

    def _look(self, _is_open: bool) -> None:
        with self._lock:
            was, self._told = self._told, self.is_open
            changed = was != self._told
        if changed:
            self._on_change(self._told)


class Cluster(store.Store):
    """All nodes as one store; `url` is the address of any of them, with what it takes to log in."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float = store.TIMEOUT_SECONDS,
        on_change: Callable[[bool], object] = bool,
        make_breaker: Callable[..., Breaker] = Breaker,
    ) -> None:
        self._breakers = _Breakers(on_change, make_breaker)
        super().__init__(url, timeout=timeout, breaker=self._breakers)
        self._url = url
        self._nodes: dict[Address, Node] = {}
        self._owners: list[Address] = []
        self._learning = threading.Lock()
        self._asked_at = float("-inf")
        self._may_have_moved = False

    def ask_all(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Ask several, each node once; what has no key goes where the command before it goes, or the first with one."""
        slot = next((_slot(key) for key in map(_key, commands) if key is not None), 0)
        slots: list[int] = []
        for command in commands:
            key = _key(command)
            slot = slot if key is None else _slot(key)
            slots.append(slot)
        return self._spread([hiredis.pack_command(command) for command in commands], slots)

    def ask_packed(self, command: bytes, *, key: str) -> Any:
        return self._spread([command], [_slot(key)])[0]

    def load(self, script: str, *, key: str) -> None:
        self._node(_slot(key)).load(script, key=key)

    def leave_to_the_parent(self) -> None:
        self._learning = threading.Lock()
        for node in self._nodes.values():
            node.leave_to_the_parent()

    def _spread(self, commands: Sequence[bytes], slots: Sequence[int]) -> list[Any]:
        answers: list[Any] = [None] * len(commands)
        waiting: Iterable[int] = range(len(commands))
        for _ in range(MOST_REDIRECTIONS):
            elsewhere: list[int] = []
            for node, places in self._by_node(waiting, slots):
                told = self._asked(node, [commands[place] for place in places])
                for place, answer in zip(places, told, strict=True):
                    answers[place] = self._followed(answer, commands[place])
                    if answers[place] is _MOVED:
                        elsewhere.append(place)
            if not elsewhere:
                return answers
            waiting = elsewhere
        raise store.CounterStoreDown("one node of the cluster sends to the next")

    def _by_node(self, places: Iterable[int], slots: Sequence[int]) -> Iterable[tuple[Node, list[int]]]:
        found: defaultdict[Node, list[int]] = defaultdict(list)
        for place in places:
            found[self._node(slots[place])].append(place)
        return found.items()

    def _asked(self, node: Node, commands: Sequence[bytes]) -> list[Any]:
        try:
            return node._ask(*commands)
        except store.CounterStoreDown:
            # Another may have taken its place.
            self._may_have_moved = True
            raise

    def _followed(self, answer: Any, command: bytes) -> Any:
        """Go where an answer sends us: for this once (ASK), or from now on (MOVED)."""
        if not isinstance(answer, hiredis.ReplyError):
            return answer
        word, *rest = str(answer).split(" ")
        if word == "ASK":
            return self._asked(self._at(_address(rest[1])), [_ASKING, command])[1]
        if word == "MOVED":
            self._learn()
            # What it has not heard of yet, this node knows.
            self._owners[int(rest[0])] = _address(rest[1])
            return _MOVED
        return answer

    def _node(self, slot: int) -> Node:
        if self._may_have_moved and time.monotonic() - self._asked_at > RENEWAL_SECONDS:
            self._learn()
        if not self._owners:
            self._learn()
        if not self._owners:
            raise store.CounterStoreDown("no node says where its cluster keeps anything")
        return self._at(self._owners[slot])

    def _at(self, address: Address) -> Node:
        node = self._nodes.get(address)
        if node is None:
            node = Node(self._url, timeout=self._timeout, breaker=self._breakers.of(address), address=address)
            node.on_failure = self.on_failure
            node = self._nodes.setdefault(address, node)
        return node

    def _learn(self) -> None:
        """Ask where everything is, first whoever has answered last; who is told by nobody keeps what is known."""
        if not self._learning.acquire(blocking=not self._owners):
            return
        try:
            self._asked_at = time.monotonic()
            known = sorted(self._nodes.values(), key=lambda node: node.breaker.is_open)
            for node in [*known, Node(self._url, timeout=self._timeout)]:
                if node.breaker.is_open:
                    continue
                try:
                    told = node._ask(_WHERE)[0]
                except store.CounterStoreDown:
                    continue
                self._owners, self._may_have_moved = _owners(told, node.host), False
                self._forget(set(self._nodes) - set(self._owners))
                return
        finally:
            self._learning.release()

    def _forget(self, addresses: Iterable[Address]) -> None:
        """Let go of nodes that have nothing any more: nobody will find out that they answer again."""
        for address in addresses:
            del self._nodes[address]
            self._breakers.forget(address)


_MOVED = object()


def _owners(told: Sequence[Any], host: str) -> list[Address]:
    """Return the address of each slot's node, by CLUSTER SLOTS; a node that has no name is the one that was asked."""
    owners: list[Address] = [(host, 0)] * crc.REDIS_CLUSTER_HASH_SLOTS
    for first, last, (name, port, *_), *_ in told:
        address = (name.decode() if name else host, int(port))
        owners[first : last + 1] = [address] * (last + 1 - first)
    return owners


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)


def _key(command: Sequence[Any]) -> Any:
    """Return the first key of a command; None where it has none."""
    if command[0] in ("EVAL", "EVALSHA"):
        return command[3] if command[2] else None
    return None if command[0] in _WITHOUT_KEY else command[1]


@functools.lru_cache(maxsize=16_384)
def _slot(key: str | bytes) -> int:
    return int(crc.key_slot(key.encode() if isinstance(key, str) else key))
