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
from tests.factories import PlanVersionFactory, RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway, asked
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
    assert store.TIMEOUT_SECONDS * 0.9 <= watched.waits[0] < 4
    watched.go_on()
    assert calling.validate(secret)["degraded"] is False
    assert len(watched.waits) == 1


WINDOW = {"name": "month", "kind": "window", "window": "month", "dimension": "generations", "limit": 50}
JOBS = {"name": "jobs", "kind": "concurrency", "limit": 3}


@pytest.fixture(params=["open", "closed"])
def limited(request: pytest.FixtureRequest, db: None) -> KeySecret:
    """Of a plan that admits uncounted, or not; with a quota that is used by and by, and three running jobs."""
    plan = PlanVersionFactory(counter_store_down=request.param)
    made: KeySecret = SecretFactory(key__organization__plan_version=plan)
    for fields in (WINDOW, JOBS):
        RuleFactory(organization=made.key.organization, api_version=None, period_s=None, burst=None, **fields)
    return made


def said(gateway: Gateway, secret: KeySecret) -> str | int:
    """The code of a verdict, "uncounted" where nothing was counted, or the status where there is no verdict."""
    response = gateway.post("keys/validate", asked(secret))
    if response.status_code != 200:
        return int(response.status_code)
    return "uncounted" if response.json()["degraded"] else str(response.json()["code"])


def test_no_quota_and_no_running_job_is_ever_said_to_be_the_reason(
    calling: Gateway, limited: KeySecret, watched: Watched
) -> None:
    uncounted = "uncounted" if limited.key.organization.plan_version.counter_store_down == "open" else 503
    revoked = SecretFactory(key__state="revoked")
    assert [said(calling, limited) for _ in range(4)] == ["VALID"] * 3 + ["CONCURRENCY_LIMITED"]
    watched.stand_still()
    assert [said(calling, limited) for _ in range(5)] == [uncounted] * 5
    assert calling.validate(revoked)["code"] == "REVOKED"
    watched.go_on()
    assert said(calling, limited) == "CONCURRENCY_LIMITED"
    watched.server.kill()
    assert [said(calling, limited) for _ in range(5)] == [uncounted] * 5
    assert calling.validate(revoked)["code"] == "REVOKED"
    watched.server.start()
    watched.clock.now += PAUSE_SECONDS
    # It knows nothing of the jobs that run; whoever renews one tells it.
    assert [said(calling, limited) for _ in range(4)] == ["VALID"] * 3 + ["CONCURRENCY_LIMITED"]
    watched.ask("FLUSHALL")
    assert said(calling, limited) == "VALID"
