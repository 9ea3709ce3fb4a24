"""Rotated twice within minutes: who held the oldest secret is cut off at once, and the page says so."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from keys.models import KeySecret
from tests.factories import RefusalFactory, SecretFactory, SecretHourFactory, UseFactory
from tests.keys.rotation.conftest import HOUR, Post

GONE = {"address": "203.0.113.22", "user_agent": "python-requests/2.31"}


def this_hour() -> Any:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def first(db: None, post: Post) -> KeySecret:
    """A secret that was in use just now, when its key was rotated twice."""
    first: KeySecret = SecretFactory()
    SecretHourFactory(secret=first, hour=this_hour(), admitted=7, **GONE)
    UseFactory(secret=first, **GONE)
    for _ in range(2):
        answer = post(first.key, "rotate", overlap="24h", handover="show", reason="twice")
        assert answer.status_code == 200, answer.content.decode()
    first.refresh_from_db()
    assert first.state == "retired"
    return first


def page(client: Any, secret: KeySecret) -> Any:
    return client.get(f"/keys/{secret.key.uid}/rotation/")


def test_nothing_is_called_safe_while_somebody_is_cut_off(first: KeySecret, kim: Any) -> None:
    answer = page(kim, first)
    text = answer.content.decode()
    assert "Safe to end" not in text
    assert "The old secret is silent, and 1 caller is cut off with an earlier one." in text
    assert "203.0.113.22" in text
    assert "no calls with these two secrets in 24 h" in text


def test_calls_with_an_earlier_secret_are_drawn(first: KeySecret, kim: Any) -> None:
    answer = page(kim, first)
    chart = answer.context["chart"]
    assert [series["label"].split(" …")[0] for series in chart["series"]] == ["New secret", "Old secret", "Earlier"]
    assert chart["points"][-1]["v"] == [0, 0, 7]
    assert "No calls" not in answer.content.decode()


def test_a_refused_one_is_named_with_when_it_was_refused(first: KeySecret, kim: Any) -> None:
    RefusalFactory(key=first.key, public_id=first.public_id, code="ROTATED_OUT", **GONE)
    RefusalFactory(key=first.key, public_id=first.public_id, code="ROTATED_OUT", address="198.51.100.9")
    # Other refusals say nothing about the secret.
    RefusalFactory(key=first.key, public_id=first.public_id, code="PAUSED", address="198.51.100.10")
    cut_off = page(kim, first).context["cut_off"]
    assert {one.address for one in cut_off} == {"203.0.113.22", "198.51.100.9"}
    assert all(one.refused_at for one in cut_off)


def test_who_is_back_on_a_secret_that_works_is_not_cut_off(first: KeySecret, kim: Any) -> None:
    SecretHourFactory(secret=first.key.secrets.get(state="active"), hour=this_hour(), **GONE)
    answer = page(kim, first)
    assert answer.context["cut_off"] == []
    assert "Safe to end the old secret." in answer.content.decode()


def test_who_is_refused_after_that_again_is(first: KeySecret, kim: Any) -> None:
    SecretHourFactory(secret=first.key.secrets.get(state="active"), hour=this_hour() - HOUR, **GONE)
    RefusalFactory(key=first.key, public_id=first.public_id, code="ROTATED_OUT", **GONE)
    assert [one.address for one in page(kim, first).context["cut_off"]] == ["203.0.113.22"]


def test_after_the_old_one_was_ended_its_callers_are_named_too(old: KeySecret, kim: Any, post: Post) -> None:
    SecretHourFactory(secret=old, hour=this_hour(), **GONE)
    post(old.key, "rotation/end", reason="leaked")
    answer = page(kim, old)
    assert [one.address for one in answer.context["cut_off"]] == ["203.0.113.22"]
    assert "No rotation runs" in answer.content.decode()


def test_long_ago_is_not_lately(first: KeySecret, kim: Any) -> None:
    first.hours.update(hour=this_hour() - timedelta(days=3))
    assert page(kim, first).context["cut_off"] == []
