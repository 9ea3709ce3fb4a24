import re
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import trail
from audit.models import Event
from keys import actions, states, tasks
from keys.models import ApiKey, KeySecret
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.keys.rotation.conftest import DAY, HOUR, states_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def key(db: None) -> ApiKey:
    made: ApiKey = SecretFactory(key__organization__time_zone="Europe/Berlin").key
    return made


def _at(wall: str) -> dict[str, str]:
    return {"at": wall, "overlap": "24h"}


def test_a_secret_is_made_now_and_begins_then(key: ApiKey, post: Any) -> None:
    wall = (timezone.now() + 2 * DAY).replace(hour=6, minute=0, second=0, microsecond=0, tzinfo=None)
    answer = post(key, "rotation/schedule", **_at(f"{wall:%Y-%m-%dT%H:%M}"))
    assert answer.status_code == 200
    current, pending = key.secrets.get(state="active"), key.secrets.get(state="pending")
    assert answer.context["credential"].startswith(f"axk_live_{pending.public_id}_")
    assert pending.activates_at.astimezone(BERLIN).replace(tzinfo=None) == wall
    assert current.overlap_until == pending.activates_at + DAY
    assert states.of_key(_fresh(key), at=timezone.now()).label == "Scheduled"
    assert "overlap 24 h" in Event.objects.get(verb="key.rotation_scheduled").sentence


@pytest.mark.parametrize(
    ("wall", "said"),
    [
        ("2020-01-01T06:00", "in the past"),
        ("2199-01-01T06:00", "At most 90 days ahead"),
        ("9999-12-31T23:59", "At most 90 days ahead"),
        ("0001-01-01T00:00", "no such time"),
        ("soon", "Enter a valid date/time"),
    ],
)
def test_a_time_that_cannot_be_is_refused_at_its_field(wall: str, said: str, key: ApiKey, post: Any) -> None:
    answer = post(key, "rotation/schedule", **_at(wall))
    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors["at"])
    assert states_of(key) == ["active"]


def test_the_choices_follow_the_time_that_is_asked_for(key: ApiKey, kim: Any) -> None:
    wall = (timezone.now() + 9 * DAY).replace(hour=6, minute=0, second=0, microsecond=0, tzinfo=None)
    page = kim.get(f"/keys/{key.uid}/rotation/schedule/?at={wall:%Y-%m-%dT%H:%M}&overlap=7d").content.decode()
    ends = wall.replace(tzinfo=BERLIN).astimezone(UTC) + DAY
    assert f"After 24 hours: {ends:%-d %b %Y, %H:%M} UTC" in page
    assert f"organization&#x27;s time: {ends - DAY:%-d %b %Y, %H:%M} UTC" in page
    assert re.search(r'value="7d"[^>]* checked', page)


def test_it_begins_by_a_sweep_that_is_safe_to_run_twice(scheduled: ApiKey) -> None:
    pending = scheduled.secrets.get(state="pending")
    tasks.begin_rotations()
    assert states_of(scheduled) == ["active", "pending"]
    with time_machine.travel(pending.activates_at + timedelta(minutes=1), tick=False):
        for _ in range(2):
            tasks.begin_rotations()
    assert states_of(scheduled) == ["overlap", "active"]
    old = scheduled.secrets.get(state="overlap")
    assert (old.overlap_began_at, old.overlap_until) == (pending.activates_at, pending.activates_at + DAY)
    event = Event.objects.get(verb="key.rotation_began")
    assert event.actor_id == trail.SYSTEM.id
    with time_machine.travel(old.overlap_until, tick=False):
        tasks.end_overlaps()
    assert states_of(scheduled) == ["retired", "active"]


def test_without_overlap_the_old_secret_ends_as_the_new_one_begins(key: ApiKey) -> None:
    begins = timezone.now() + DAY
    actions.schedule_rotation(key=key, actor=ACTOR, at=begins, overlap=timedelta())
    assert key.standing(at=begins - HOUR).current.state == "active"
    standing = _fresh(key).standing(at=begins)
    assert (standing.current.state, standing.old) == ("pending", None)


def test_an_action_after_the_time_finds_the_rotation_begun_though_no_sweep_ran(scheduled: ApiKey) -> None:
    pending = scheduled.secrets.get(state="pending")
    with time_machine.travel(pending.activates_at + HOUR, tick=False):
        actions.rotate_key(key=scheduled, actor=ACTOR, overlap=HOUR)
    assert states_of(scheduled) == ["retired", "overlap", "active"]
    assert Event.objects.get(verb="key.rotation_began").actor_id == trail.SYSTEM.id


def test_an_overlap_that_runs_ends_when_the_scheduled_one_begins(old: KeySecret) -> None:
    begins = timezone.now() + 2 * HOUR
    actions.schedule_rotation(key=old.key, actor=ACTOR, at=begins, overlap=DAY)
    old.refresh_from_db()
    assert old.overlap_until == begins
    standing = _fresh(old.key).standing(at=begins)
    assert standing.old.pk == old.key.secrets.get(state="active").pk


def test_scheduling_again_cancels_the_earlier_one(scheduled: ApiKey) -> None:
    actions.schedule_rotation(key=scheduled, actor=ACTOR, at=timezone.now() + 5 * DAY, overlap=HOUR)
    assert states_of(scheduled) == ["active", "retired", "pending"]


def test_a_cancelled_rotation_never_begins(scheduled: ApiKey, post: Any) -> None:
    begins = scheduled.secrets.get(state="pending").activates_at
    assert post(scheduled, "rotation/cancel").status_code == 302
    current = scheduled.secrets.get(state="active")
    assert (current.overlap_until, current.overlap_after_use) == (None, None)
    with time_machine.travel(begins + 9 * DAY, tick=False):
        tasks.begin_rotations()
        assert _fresh(scheduled).standing(at=timezone.now()) == (current, None, None)
    assert Event.objects.filter(verb="key.rotation_cancelled").count() == 1


def test_one_that_has_begun_cannot_be_cancelled(scheduled: ApiKey) -> None:
    begins = scheduled.secrets.get(state="pending").activates_at
    with time_machine.travel(begins, tick=False), pytest.raises(ValidationError, match="has begun already"):
        actions.cancel_rotation(key=scheduled, actor=ACTOR)
    assert states_of(scheduled) == ["active", "pending"]


def _fresh(key: ApiKey) -> ApiKey:
    return ApiKey.objects.with_secrets().get(pk=key.pk)
