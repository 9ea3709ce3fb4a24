"""A counter store that is away is told from a limit that is reached, and quickly."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from keys.limits import limiter as limits
from keys.limits import store
from tests.keys.limits import examples


@pytest.fixture
def silent_store() -> Iterator[str]:
    """A server that accepts and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_store_that_is_not_there_is_down(tmp_path: Path) -> None:
    limiter = limits.Limiter(store.Store(f"unix://{tmp_path}/none.sock"))
    with pytest.raises(store.CounterStoreDown):
        limiter.spend(examples.call(examples.rate()))


def test_a_store_that_does_not_answer_is_down_after_fifty_milliseconds(silent_store: str) -> None:
    limiter = limits.Limiter(store.Store(silent_store))
    began = time.monotonic()
    with pytest.raises(store.CounterStoreDown):
        limiter.spend(examples.call(examples.rate()))
    assert store.TIMEOUT_SECONDS <= time.monotonic() - began < 4


def test_a_store_that_forgot_the_script_is_told_it_again(valkey: redis.Redis, limiter: limits.Limiter) -> None:
    limiter.spend(examples.call(examples.rate()))
    valkey.script_flush()
    assert limiter.spend(examples.call(examples.rate())).state == "admitted"


def test_a_call_without_any_limit_is_admitted(limiter: limits.Limiter) -> None:
    outcome = limiter.spend(examples.call())
    assert (outcome.state, outcome.standings) == ("admitted", ())
