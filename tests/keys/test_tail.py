"""Each process reads the feed once a second; what it has not read for five seconds it does not trust."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from audit import trail
from keys import actions, known, tail
from orgs import changes
from tests.factories import GatewayFactory, OrganizationFactory, record_fixture

IS_FRESH = tail.Tail.is_fresh
ENSURE = tail.Tail.ensure


class Listener:
    def __init__(self) -> None:
        self.heard: list[Any] = []

    def forget(self, organizations: Sequence[int]) -> None:
        self.heard.append(sorted(organizations))

    def forget_gateways(self) -> None:
        self.heard.append("gateways")

    def forget_all(self) -> None:
        self.heard.append("all")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def followed(db: None, listener: Listener, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> tail.Tail:
    """One that has read for the first time."""
    monkeypatch.setattr(tail.Tail, "is_fresh", IS_FRESH)
    made = tail.Tail(listener, clock=clock)
    assert not made.is_fresh
    made.step()
    assert listener.heard == ["all"]
    listener.heard.clear()
    return made


def change(*organizations: Any) -> None:
    with transaction.atomic():
        for one in organizations:
            changes.announce(organization=one, kind="key.changed")
        record_fixture(*(one.uid for one in organizations))


def test_the_organizations_that_changed_are_told_once(followed: tail.Tail, listener: Listener) -> None:
    one, other = OrganizationFactory(), OrganizationFactory()
    change(one, other)
    change(one)
    followed.step()
    followed.step()
    assert listener.heard == [sorted([one.pk, other.pk])]


def test_a_change_to_any_gateway_is_told(followed: tail.Tail, listener: Listener) -> None:
    gateway = GatewayFactory()
    followed.step()
    actions.revoke_gateway(credential=gateway, actor=trail.SYSTEM, reason="gone")
    followed.step()
    assert listener.heard == ["gateways", "gateways"]


def test_after_five_seconds_without_reading_nothing_is_trusted(
    followed: tail.Tail, listener: Listener, clock: Clock
) -> None:
    clock.now += 4.9
    assert followed.is_fresh
    clock.now += 0.1
    assert not followed.is_fresh
    followed.step()
    assert followed.is_fresh
    assert listener.heard == ["all"]


def test_it_counts_from_when_the_reading_began(followed: tail.Tail, clock: Clock, monkeypatch: Any) -> None:
    def slowly(*args: Any, **named: Any) -> None:
        clock.now += 3

    monkeypatch.setattr(followed, "_tell", slowly)
    followed.step()
    clock.now += 2
    assert not followed.is_fresh


def test_while_the_database_is_away_it_does_not_stay_fresh(
    followed: tail.Tail, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("away")

    clock.now += 3
    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", away)
        with pytest.raises(OperationalError):
            followed.step()
    clock.now += 2
    assert not followed.is_fresh


@pytest.mark.django_db(transaction=True)
def test_the_thread_begins_with_the_first_who_asks_and_ends_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail.Tail, "is_fresh", IS_FRESH)
    monkeypatch.setattr(tail.Tail, "ensure", ENSURE)
    monkeypatch.setattr(tail, "PAUSE_SECONDS", 0.02)
    made = tail.Tail(Listener())
    for _ in range(2):
        made.ensure()
    thread = made._thread
    assert thread is not None
    assert thread.daemon
    _wait_until(lambda: made.is_fresh)
    made.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_forked_child_starts_over() -> None:
    before = known.process.tail
    known.process.start_over()
    assert known.process.tail is not before
    assert before._ended.is_set()


def _wait_until(holds: Any) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
