"""An overlap that counts from the first use of the new secret."""

from typing import Any

import pytest
import time_machine
from django.utils import timezone

from audit import trail
from audit.models import Event
from keys import actions, tasks
from keys.models import ApiKey, KeySecret
from tests.cast import ACTOR
from tests.factories import SecretFactory, UseFactory
from tests.keys.rotation.conftest import DAY, HOUR, states_of

WEEK = 7 * DAY


@pytest.fixture
def waiting(db: None) -> KeySecret:
    """An old secret that works until an hour after the first use of the new one."""
    key = SecretFactory().key
    actions.rotate_key(key=key, actor=ACTOR, overlap=HOUR, after_use=True)
    return key.secrets.get(state="overlap")


def _used(key: ApiKey, *, at: Any) -> None:
    UseFactory(secret=key.secrets.get(state="active"), first_used_at=at)


def test_the_form_starts_it(post: Any) -> None:
    key = SecretFactory().key
    assert post(key, "rotate", overlap="use-24h").status_code == 200
    old = key.secrets.get(state="overlap")
    assert (old.overlap_after_use, old.overlap_until) == (DAY, old.overlap_began_at + WEEK)
    assert "overlap 24 h from first use" in Event.objects.get(verb="key.rotated").sentence


def test_until_then_it_lasts_as_long_as_the_plan_allows(waiting: KeySecret) -> None:
    tasks.begin_overlaps()
    waiting.refresh_from_db()
    assert (waiting.overlap_after_use, waiting.overlap_until) == (HOUR, waiting.overlap_began_at + WEEK)
    assert waiting.is_retired(at=waiting.overlap_began_at + WEEK)


def test_the_first_use_shortens_it_once(waiting: KeySecret) -> None:
    used_at = timezone.now() + 2 * DAY
    _used(waiting.key, at=used_at)
    with time_machine.travel(used_at + HOUR / 60, tick=False):
        for _ in range(2):
            tasks.begin_overlaps()
    waiting.refresh_from_db()
    assert (waiting.overlap_after_use, waiting.overlap_until) == (None, used_at + HOUR)
    event = Event.objects.get(verb="key.overlap_began")
    assert event.actor_id == trail.SYSTEM.id
    assert event.changes["overlap_until"][1] == f"{used_at + HOUR:%Y-%m-%dT%H:%M:%SZ}"


def test_what_a_person_extended_afterwards_is_not_shortened_again(waiting: KeySecret) -> None:
    _used(waiting.key, at=timezone.now())
    tasks.begin_overlaps()
    until = timezone.now() + 3 * DAY
    actions.extend_overlap(key=waiting.key, actor=ACTOR, until=until)
    tasks.begin_overlaps()
    waiting.refresh_from_db()
    assert waiting.overlap_until == until


def test_a_late_first_use_lengthens_nothing(waiting: KeySecret) -> None:
    latest = waiting.overlap_until
    _used(waiting.key, at=latest - HOUR / 2)
    with time_machine.travel(latest - HOUR / 4, tick=False):
        tasks.begin_overlaps()
    waiting.refresh_from_db()
    assert waiting.overlap_until == latest


def test_a_use_of_the_old_secret_starts_nothing(waiting: KeySecret) -> None:
    UseFactory(secret=waiting)
    tasks.begin_overlaps()
    waiting.refresh_from_db()
    assert waiting.overlap_after_use == HOUR


def test_a_scheduled_one_waits_from_its_beginning_on(db: None) -> None:
    key = SecretFactory().key
    begins = timezone.now() + DAY
    actions.schedule_rotation(key=key, actor=ACTOR, at=begins, overlap=HOUR, after_use=True)
    with time_machine.travel(begins + HOUR, tick=False):
        tasks.begin_rotations()
        _used(key, at=begins + HOUR / 2)
        tasks.begin_overlaps()
    assert states_of(key) == ["overlap", "active"]
    assert key.secrets.get(state="overlap").overlap_until == begins + HOUR / 2 + HOUR
