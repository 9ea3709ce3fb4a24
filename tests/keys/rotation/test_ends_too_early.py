"""The page warns of an overlap that ends before it is safe, and proposes to extend it until then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from keys.models import ApiKey, KeySecret
from tests.factories import SecretFactory, SecretHourFactory, UseFactory
from tests.factories.recording import record_fixture
from tests.keys.rotation.conftest import DAY, HOUR, Post

DAILY = {"address": "203.0.113.22", "user_agent": "batch/1"}


def hour(back: int) -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) - back * HOUR


@pytest.fixture
def ending(db: None) -> KeySecret:
    """An old secret that is used once a day, four hours before its overlap of a day ends."""
    now = timezone.now()
    old: KeySecret = SecretFactory(state="overlap", overlap_began_at=now - 20 * HOUR, overlap_until=now + 4 * HOUR)
    SecretFactory(key=old.key)
    for day in range(20):
        SecretHourFactory(secret=old, hour=hour(24 * day + 3), **DAILY)
    UseFactory(secret=old, last_used_at=hour(3), first_used_at=hour(24 * 20), **DAILY)
    return old


def page(client: Any, secret: KeySecret) -> Any:
    return client.get(f"/keys/{secret.key.uid}/rotation/")


def test_it_says_until_when_to_extend_and_who_is_refused_else(ending: KeySecret, kim: Any) -> None:
    answer = page(kim, ending)
    safe_from = answer.context["cutover"].verdict.safe_from
    assert safe_from > ending.overlap_until
    text = answer.content.decode()
    assert "The overlap ends 3 h 59 min from now, before it is safe: extend to at least" in text
    assert f"{safe_from:%a %-d %b, %H:%M} UTC, or 203.0.113.22 is refused." in text


def test_extend_proposes_that_time(ending: KeySecret, kim: Any, post: Post) -> None:
    safe_from = page(kim, ending).context["cutover"].verdict.safe_from
    field = kim.get(f"/keys/{ending.key.uid}/rotation/extend/").context["form"].fields["until"]
    name, label = field.choices[0]
    assert (field.initial, label) == (name, f"Until it is safe to end: {safe_from:%-d %b %Y, %H:%M} UTC")
    assert post(ending.key, "rotation/extend", until=name).status_code == 302
    ending.refresh_from_db()
    assert ending.overlap_until == safe_from
    assert "before it is safe" not in page(kim, ending).content.decode()


def test_it_is_not_proposed_beyond_what_the_plan_allows(ending: KeySecret, kim: Any) -> None:
    soon = timezone.now() + 5 * HOUR
    with transaction.atomic():
        record_fixture(ending.key.uid)
        ApiKey.objects.filter(pk=ending.key_id).update(expires_at=soon)
    text = page(kim, ending).content.decode()
    assert "before it is safe: 203.0.113.22 is refused then." in text
    choices = kim.get(f"/keys/{ending.key.uid}/rotation/extend/").context["form"].fields["until"].choices
    assert [name for name, _ in choices] == ["1h", "longest"]


@pytest.mark.parametrize("until", ["safe-2999-01-01T00:00", "safe-2020-01-01T00:00", "safe-soon"])
def test_no_other_time_is_taken(ending: KeySecret, post: Post, until: str) -> None:
    assert post(ending.key, "rotation/extend", until=until).status_code == 422


def test_an_overlap_that_lasts_long_enough_is_not_warned_of(ending: KeySecret, kim: Any) -> None:
    with transaction.atomic():
        record_fixture(ending.key.uid)
        KeySecret.objects.filter(pk=ending.pk).update(overlap_until=timezone.now() + 6 * DAY)
    assert "before it is safe" not in page(kim, ending).content.decode()


def test_without_a_rhythm_whoever_uses_it_is_named(old: KeySecret, kim: Any) -> None:
    SecretHourFactory(secret=old, hour=hour(0), **DAILY)
    UseFactory(secret=old, last_used_at=timezone.now() - timedelta(minutes=1), **DAILY)
    assert "before it is safe: 203.0.113.22 is refused then." in page(kim, old).content.decode()
