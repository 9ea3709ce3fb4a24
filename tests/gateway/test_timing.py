"""An unknown id and a wrong secret cannot be told apart by how long the answer takes."""

import random
import time
from collections.abc import Callable

import pytest

from keys import known, secrets
from keys.models import KeySecret
from tests.gateway.validate.test_not_found import with_another_secret

PAIRS = 400
# Of so many pairs the one is slower in half of them, give or take; six standard deviations are no accident.
DEVIATIONS = 6


def slower(first: Callable[[], str], second: Callable[[], str]) -> int:
    """In how many of PAIRS interleaved pairs the first took longer to be looked up. Each credential is a new one."""
    count = 0
    for _ in range(PAIRS):
        times = {}
        for which in random.sample([first, second], 2):
            credential = known.parse(which())
            assert credential is not None
            began = time.perf_counter_ns()
            assert known.look_up(credential) is None
            times[which] = time.perf_counter_ns() - began
        count += times[first] > times[second]
    return count


def unlikely(count: int) -> bool:
    return abs(count - PAIRS / 2) > DEVIATIONS * (PAIRS / 4) ** 0.5


def unknown() -> str:
    return secrets.make_credential("live").text


def test_neither_takes_longer_than_the_other(secret: KeySecret) -> None:
    def wrong() -> str:
        return with_another_secret(secret.text)  # type: ignore[attr-defined]

    for which in (unknown, wrong) * 20:
        known.look_up(known.parse(which()))  # type: ignore[arg-type]
    assert not unlikely(slower(unknown, wrong))


def test_a_way_that_asks_twice_would_be_told_apart(secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = known.look_up

    def twice_for_a_known_id(credential: secrets.Parsed) -> object:
        if credential.public_id == secret.public_id:
            look_up(credential)
        return look_up(credential)

    monkeypatch.setattr(known, "look_up", twice_for_a_known_id)
    assert unlikely(slower(unknown, lambda: with_another_secret(secret.text)))  # type: ignore[attr-defined]
