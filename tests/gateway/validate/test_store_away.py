"""A counter store that stands still costs one call 50 ms, and the next ones nothing; it is used again by itself."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from keys import known
from keys.limits import limiter, store
from keys.limits.breaker import PAUSE_SECONDS, Breaker
from keys.models import KeySecret
from tests.gateway.conftest import Gateway
from tests.keys.limits.test_away import Clock, Server


class Watched(store.Store):
    """A store that notes how long it was waited for in vain."""

    def __init__(self, server: Server, clock: Clock) -> None:
        super().__init__(f"unix://{server.socket}", timeout=5, breaker=Breaker(clock=clock))
        self.server, self.clock, self.waits = server, clock, []  # type: tuple[Server, Clock, list[float]]

    def _fail(self, age: int) -> None:
        self.waits.append(time.monotonic() - self._began)
        super()._fail(age)

    def ask_all(self, *commands: tuple[object, ...]) -> list[object]:
        self._began = time.monotonic()
        return super().ask_all(*commands)

    def stand_still(self) -> None:
        self.server.process.send_signal(signal.SIGSTOP)
        # The machine that tests is busy: only now is nobody patient any more.
        self._timeout, self._age = store.TIMEOUT_SECONDS, self._age + 1

    def go_on(self) -> None:
        self.server.process.send_signal(signal.SIGCONT)
        self._timeout = 5
        self.clock.now += PAUSE_SECONDS


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    server = Server(tmp_path)
    server.start()
    made = Watched(server, Clock())
    monkeypatch.setattr(limiter, "limiter", lambda: limiter.Limiter(made))
    monkeypatch.setattr(store, "current", lambda: made)
    yield made
    server.kill()


@pytest.mark.parametrize("is_known", [True, False])
def test_it_is_waited_for_once_and_comes_back(
    is_known: bool, calling: Gateway, secret: KeySecret, watched: Watched
) -> None:
    assert calling.validate(secret)["degraded"] is False
    if not is_known:
        known.process.start_over()
    watched.stand_still()
    answers = [calling.validate(secret) for _ in range(20)]
    assert {(one["code"], one["degraded"]) for one in answers} == {("VALID", True)}
    assert len(watched.waits) == 1
    assert store.TIMEOUT_SECONDS * 0.9 <= watched.waits[0] < 1
    watched.go_on()
    assert calling.validate(secret)["degraded"] is False
    assert len(watched.waits) == 1
