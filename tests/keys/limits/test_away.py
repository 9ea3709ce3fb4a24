"""While the store is away nobody waits longer than 50 ms, soon nobody waits at all, and it comes back by itself."""

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from axis_admin import binaries
from keys.limits import store
from keys.limits.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Server:
    """A Valkey of the test's own, which it may kill and stop."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.socket = folder / "v.sock"
        self._command = [str(binaries.valkey(settings.VALKEY_SERVER)), "--unixsocket", str(self.socket), "--save", ""]
        self._command += options or ("--port", "0")

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 120
        while not self._answers():
            assert time.monotonic() < end
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.start()
    yield made
    made.kill()


def failed(counters: store.Store) -> float:
    """Ask in vain; returns how long that took."""
    began = time.monotonic()
    with pytest.raises(store.CounterStoreDown):
        counters.ask("PING")
    return time.monotonic() - began


def test_a_store_that_is_killed_and_started_again_is_used_again(server: Server) -> None:
    counters = store.Store(f"unix://{server.socket}", timeout=5, breaker=Breaker(pause=0.1))
    assert counters.ask("PING") == b"PONG"
    server.kill()
    failed(counters)
    server.start()
    time.sleep(0.1)
    assert counters.ask("PING") == b"PONG"


def test_a_store_that_stands_still_is_waited_for_once_and_no_longer_than_fifty_milliseconds(server: Server) -> None:
    counters = store.Store(f"unix://{server.socket}", breaker=Breaker(pause=600))
    counters._timeout = store.TIMEOUT_SECONDS
    server.process.send_signal(signal.SIGSTOP)
    assert store.TIMEOUT_SECONDS * 0.9 <= failed(counters) < 4
    # Nobody waits again: of a hundred calls the most are over sooner, however busy the machine is.
    assert sorted(failed(counters) for _ in range(100))[50] < store.TIMEOUT_SECONDS / 2


def test_an_answer_that_comes_too_late_is_nobody_elses(server: Server) -> None:
    counters = store.Store(f"unix://{server.socket}", breaker=Breaker(pause=0))
    server.process.send_signal(signal.SIGSTOP)
    with pytest.raises(store.CounterStoreDown):
        counters.ask("ECHO", "late")
    server.process.send_signal(signal.SIGCONT)
    patient = store.Store(f"unix://{server.socket}", timeout=5)
    counters._pool, counters._timeout = patient._pool, 5
    assert counters.ask("ECHO", "mine") == b"mine"


def test_after_one_thread_has_failed_the_others_open_new_lines(server: Server) -> None:
    counters = store.Store(f"unix://{server.socket}", timeout=5, breaker=Breaker(pause=0))
    told: list[bool] = []
    counters.on_failure.append(lambda: told.append(True))
    ready, go, answers = threading.Barrier(2), threading.Event(), []

    def other() -> None:
        counters.ask("PING")
        ready.wait()
        go.wait()
        answers.append(counters.ask("PING"))

    thread = threading.Thread(target=other)
    thread.start()
    ready.wait()
    counters.ask("PING")
    server.kill()
    failed(counters)
    server.start()
    go.set()
    thread.join()
    assert (answers, told) == ([b"PONG"], [True])


def test_password_and_database_of_the_address_are_used(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(tmp_path, "--port", str(port), "--requirepass", "a secret")
    server.start()
    try:
        counters = store.Store(f"redis://:a%20secret@127.0.0.1:{port}/3", timeout=5)
        counters.ask("SET", "here", "1")
        assert b"keys=1" in counters.ask("INFO", "keyspace")
        assert b"db3:" in counters.ask("INFO", "keyspace")
        failed(store.Store(f"redis://:wrong@127.0.0.1:{port}/3", timeout=5))
    finally:
        server.kill()


def test_a_breaker_lets_one_try_after_each_pause() -> None:
    clock, told = Clock(), []
    breaker = Breaker(pause=0.3, clock=clock, on_change=told.append)
    assert breaker.lets_pass()
    breaker.failed()
    assert not breaker.lets_pass()
    clock.now += 0.3
    assert [breaker.lets_pass() for _ in range(3)] == [True, False, False]
    breaker.failed()
    clock.now += 0.3
    assert breaker.lets_pass()
    breaker.answered()
    assert [breaker.lets_pass() for _ in range(3)] == [True] * 3
    assert told == [True, False]
