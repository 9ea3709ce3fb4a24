"""The counter store: Valkey, asked in one short call or not at all."""

import functools
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from keys.limits.breaker import Breaker
from keys.limits.line import Line
from orgs import valkey

logger = logging.getLogger(__name__)

# Beyond this the customer waits for us: whether to admit without counting is then for the plan to say.
TIMEOUT_SECONDS = 0.05
# A person who looks, or a sweep that counts, would sooner wait than be told nothing.
PATIENT_SECONDS = 1.0


class CounterStoreDown(Exception):
    """The counter store did not answer, or not in time. It says nothing about the customer."""


class Store:
    """The counter store as one process asks it: a line for each thread, and one breaker for all of them."""

    # Errors that are answers: it does not know the script, and has done nothing.
    expected: tuple[str, ...] = ("NOSCRIPT",)

    def __init__(
        self,
        url: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        breaker: Breaker | None = None,
        address: tuple[str, int] | None = None,
    ) -> None:
        times = {"socket_timeout": timeout, "socket_connect_timeout": timeout}
        # One round trip less with each new line: nobody needs to be told which library calls.
        once = Retry(NoBackoff(), 0)
        self._pool = redis.ConnectionPool.from_url(url, driver_info=None, protocol=2, retry=once, **times)
        if address:
            # Of a cluster's nodes the address names one, with what it takes to log in to each of them.
            self._pool.connection_kwargs |= {"host": address[0], "port": address[1]}
        self._timeout = timeout
        self._lines = threading.local()
        self._age = 0
        self.breaker = breaker or Breaker()
        self.on_failure: list[Callable[[], None]] = []

    def ask(self, *command: Any) -> Any:
        """Ask one command and return its answer. Raises CounterStoreDown: it may or may not have been carried out."""
        return self.ask_all(command)[0]

    def ask_all(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Ask several in one round trip; an error is an answer, except where the store says that it cannot work."""
        return self._ask(*map(hiredis.pack_command, commands))

    def ask_packed(self, command: bytes, *, key: str) -> Any:
        """Ask what is packed already; `key` is one that it touches, by which a cluster finds the node."""
        return self._ask(command)[0]

    def load(self, script: str, *, key: str) -> None:
        """Have the server that has this key know a script."""
        self.ask("SCRIPT", "LOAD", script)

    def evaluate(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script, sent once to each store; all its keys have one hash tag. Raises CounterStoreDown."""
        words = (len(keys), *keys, *arguments)
        answer = self.ask("EVALSHA", sha(script), *words)
        # It does not know the script, and has done nothing.
        return self.ask("EVAL", script, *words) if isinstance(answer, hiredis.ReplyError) else answer

    def _ask(self, *commands: bytes) -> list[Any]:
        if not self.breaker.lets_pass():
            raise CounterStoreDown("the counter store is left alone for a moment")
        age = self._age
        try:
            answers = self._line(age).ask(*commands)
            self._refuse_to_work(answers)
        except (OSError, redis.RedisError) as error:
            self._fail(age)
            raise CounterStoreDown(str(error) or type(error).__name__) from error
        self.breaker.answered()
        return answers

    def _refuse_to_work(self, answers: list[Any]) -> None:
        """Raise what a store answers that is loading, full or a replica now: there is nothing to be had from it."""
        for answer in answers:
            if isinstance(answer, hiredis.ReplyError) and not str(answer).startswith(self.expected):
                raise redis.ResponseError(str(answer))

    def _line(self, age: int) -> Line:
        opened = getattr(self._lines, "of", None)
        # After one thread has failed, the lines of the others are as likely to be dead.
        if opened is not None and opened[0] == age:
            line: Line = opened[1]
            return line
        self._lines.of = None
        line = Line(self._pool, timeout=self._timeout)
        self._lines.of = (age, line)
        return line

    def leave_to_the_parent(self) -> None:
        """Open other lines: a connection is used by one process alone."""
        self._lines = threading.local()

    def _fail(self, age: int) -> None:
        opened, self._lines.of = getattr(self._lines, "of", None), None
        if opened is not None:
            opened[1].close()
        self._age = max(self._age, age + 1)
        self.breaker.failed()
        for listener in self.on_failure:
            listener()


@functools.cache
def sha(script: str) -> str:
    """Return how the store names a script."""
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


def connect(url: str, *, timeout: float = TIMEOUT_SECONDS) -> redis.Redis:
    """Return a client that fails fast and asks once: a second try could spend a second time."""
    return valkey.connect(url, timeout=timeout)


@functools.cache
def client() -> redis.Redis:
    """Return this process's client, for what is not asked with every call."""
    return connect(settings.VALKEY_URL)


# Called with whether the process leaves its store alone, where that changes.
on_change: list[Callable[[bool], object]] = []


@functools.cache
def current() -> Store:
    """Return this process's store."""
    made = made_for(settings.VALKEY_URL, on_change=lambda is_open: [told(is_open) for told in on_change])
    os.register_at_fork(after_in_child=made.leave_to_the_parent)
    return made


@functools.cache
def patient() -> Store:
    """Return the same for what no call waits for; that it does not answer here leaves no call undecided."""
    made = made_for(settings.VALKEY_URL, timeout=PATIENT_SECONDS)
    os.register_at_fork(after_in_child=made.leave_to_the_parent)
    return made


def made_for(url: str, *, timeout: float = TIMEOUT_SECONDS, on_change: Callable[[bool], object] = bool) -> Store:
    """Return a server as a store, or the cluster of which it is one."""
    if settings.VALKEY_CLUSTER:
        # It is made of stores.
        from keys.limits.cluster import Cluster

        return Cluster(url, timeout=timeout, on_change=on_change)
    return Store(url, timeout=timeout, breaker=Breaker(on_change=on_change))
