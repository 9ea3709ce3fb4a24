"""What a rotation does to one that runs or is to come, and what the plan allows."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from keys import actions
from keys.models import ApiKey, KeySecret
from tests.cast import ACTOR
from tests.factories import PlanVersionFactory, SecretFactory
from tests.keys.rotation.conftest import DAY, HOUR, states_of


def test_rotating_during_an_overlap_ends_the_oldest_secret_and_says_so(old: KeySecret, kim: Any, post: Any) -> None:
    page = kim.get(f"/keys/{old.key.uid}/rotate/").content.decode()
    assert "This key is rotating already." in page
    assert f"oldest secret, …{old.last_four}, stops now and not on {old.overlap_until:%-d %b %Y, %H:%M} UTC" in page
    assert post(old.key, "rotate", overlap="24h").status_code == 200
    assert states_of(old.key) == ["retired", "overlap", "active"]


def test_rotating_cancels_a_scheduled_rotation_and_says_so(scheduled: ApiKey, kim: Any, post: Any) -> None:
    assert "this rotation cancels it" in kim.get(f"/keys/{scheduled.uid}/rotate/").content.decode()
    assert post(scheduled, "rotate", overlap="1h").status_code == 200
    assert states_of(scheduled) == ["overlap", "retired", "active"]
    assert scheduled.secrets.get(state="overlap").overlap_until < timezone.now() + 2 * HOUR


def test_every_choice_is_a_time_on_the_clock_within_the_plan(kim: Any) -> None:
    def choices(longest_overlap_hours: int) -> str:
        plan = PlanVersionFactory(longest_overlap_hours=longest_overlap_hours)
        key = SecretFactory(key__organization__plan_version=plan).key
        return kim.get(f"/keys/{key.uid}/rotate/").content.decode()

    week, month = choices(168), choices(720)
    assert f"After 7 days: {timezone.now() + 7 * DAY:%-d %b %Y, %H:}" in week
    assert "After 30 days" not in week
    assert f"After 30 days: {timezone.now() + 30 * DAY:%-d %b %Y, %H:}" in month
    latest = f"24 hours after first use of the new one, at the latest {timezone.now() + 7 * DAY:%-d %b %Y, %H:}"
    assert latest in week


def test_a_choice_beyond_the_plan_is_refused_by_the_action_too(db: None) -> None:
    key = SecretFactory(key__organization__plan_version=PlanVersionFactory(longest_overlap_hours=24)).key
    with pytest.raises(ValidationError, match="24 h at most"):
        actions.rotate_key(key=key, actor=ACTOR, overlap=2 * DAY)
    assert states_of(key) == ["active"]


def test_a_choice_beyond_the_key_s_expiry_ends_with_the_key(kim: Any) -> None:
    expires = timezone.now() + 5 * HOUR
    key = SecretFactory(key__expires_at=expires).key
    page = kim.get(f"/keys/{key.uid}/rotate/").content.decode()
    assert f"After 24 hours: {expires:%-d %b %Y, %H:%M} UTC, when the key expires" in page


def test_a_retired_secret_is_never_revived(old: KeySecret) -> None:
    actions.end_old_secret(key=old.key, actor=ACTOR, reason="because")
    with pytest.raises(ValidationError, match="ended already"):
        actions.undo_rotation(key=old.key, actor=ACTOR, reason="because")
    with pytest.raises(ValidationError, match="ended already"):
        actions.extend_overlap(key=old.key, actor=ACTOR, until=timezone.now() + timedelta(days=2))
    old.refresh_from_db()
    assert old.state == "retired"
