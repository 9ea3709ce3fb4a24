"""The page of a rotation shows who has confirmed the rotation itself, also right after it is over."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from keys import actions, confirmations
from keys.models import ApiKey, KeySecret
from orgs.models import Change
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.keys.rotation.conftest import DAY, Post

SHOWN = "Confirmed by gateways"


def page(client: Client, key: ApiKey) -> Any:
    return client.get(f"/keys/{key.uid}/rotation/")


def test_a_later_change_of_another_kind_is_not_the_rotation_s(kim: Client, post: Post) -> None:
    key = SecretFactory().key
    post(key, "rotate", overlap="24h", handover="show", reason="due")
    rotated = Change.objects.get(kind="key.rotated")
    actions.pause_key(key=ApiKey.objects.get(pk=key.pk), actor=ACTOR, reason="a moment")
    assert Change.objects.latest("seq") != rotated
    answer = page(kim, key)
    assert answer.context["confirmed"].change == rotated
    assert f"change={rotated.seq}" in answer.content.decode()


def test_after_end_now_the_end_is_shown_for_a_while(
    old: KeySecret, kim: Client, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SHOWN not in page(kim, old.key).content.decode()
    post(old.key, "rotation/end", reason="leaked")
    ended = Change.objects.latest("seq")
    answer = page(kim, old.key)
    assert "No rotation runs" in answer.content.decode()
    assert (answer.context["confirmed"].change, SHOWN in answer.content.decode()) == (ended, True)
    monkeypatch.setattr(confirmations, "REMEMBERED", timedelta(0))
    assert SHOWN not in page(kim, old.key).content.decode()


def test_of_a_scheduled_rotation_it_is_the_change_that_made_the_new_secret(kim: Client) -> None:
    key = SecretFactory().key
    pending, _ = actions.schedule_rotation(key=key, actor=ACTOR, at=timezone.now() + DAY, overlap=DAY)
    made = Change.objects.latest("seq")
    assert pending.public_id in made.public_ids
    actions.pause_key(key=ApiKey.objects.get(pk=key.pk), actor=ACTOR, reason="a moment")
    assert page(kim, key).context["confirmed"].change == made


def test_a_key_that_was_not_rotated_lately_shows_none(kim: Client) -> None:
    key = SecretFactory().key
    actions.pause_key(key=key, actor=ACTOR, reason="a moment")
    assert page(kim, key).context["confirmed"] is None
