"""A rotation is told, and a scheduled one happens by the clock, before any sweep has run."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from keys.models import KeySecret
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway, rfc3339

HOUR = timedelta(hours=1)


@pytest.fixture
def scheduled(db: None) -> tuple[KeySecret, KeySecret]:
    """The secret that works and the one that replaces it in an hour, with an overlap of another hour."""
    begins = timezone.now() + HOUR
    old = SecretFactory(overlap_until=begins + HOUR)
    return old, SecretFactory(key=old.key, state="pending", activates_at=begins)


def test_in_an_overlap_the_successor_and_the_end_are_told(calling: Gateway, secret: KeySecret) -> None:
    old = SecretFactory(key=secret.key, state="overlap")
    assert calling.validate(old)["rotation"] == {
        "state": "overlap",
        "ends_at": rfc3339(old.overlap_until),
        "successor": secret.public_id,
    }
    assert calling.validate(secret)["rotation"] is None


def test_before_its_time_the_next_secret_is_refused_and_the_old_one_is_as_ever(
    calling: Gateway, scheduled: tuple[KeySecret, KeySecret]
) -> None:
    old, new = scheduled
    refused, passed = calling.validate(new), calling.validate(old)
    assert (refused["code"], refused["cache"]["not_after"]) == ("NOT_YET_ACTIVE", rfc3339(new.activates_at))
    assert (passed["code"], passed["rotation"]) == ("VALID", None)
    assert passed["cache"]["not_after"] == rfc3339(old.overlap_until)


def test_from_its_time_on_both_work_and_the_old_one_is_told_of_the_new(
    calling: Gateway, scheduled: tuple[KeySecret, KeySecret]
) -> None:
    old, new = scheduled
    with time_machine.travel(new.activates_at, tick=False):
        assert _told(calling.validate(new)) == ("VALID", None, None)
        told = {"state": "overlap", "ends_at": rfc3339(old.overlap_until), "successor": new.public_id}
        assert _told(calling.validate(old)) == ("VALID", told, rfc3339(old.overlap_until))


def test_after_the_overlap_the_new_one_alone_works(calling: Gateway, scheduled: tuple[KeySecret, KeySecret]) -> None:
    old, new = scheduled
    with time_machine.travel(old.overlap_until, tick=False):
        assert [calling.validate(one)["code"] for one in (old, new)] == ["ROTATED_OUT", "VALID"]


def _told(answer: dict[str, Any]) -> tuple[Any, ...]:
    return answer["code"], answer["rotation"], answer["cache"]["not_after"]
