from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit import trail
from audit.models import Event
from keys import actions, rotation, tasks
from keys.models import KeySecret
from tests.cast import ACTOR
from tests.factories import KeyFactory, SecretFactory

NOW = timezone.now()


@pytest.mark.parametrize(("overlap", "hours"), [("1h", 1), ("24h", 24), ("7d", 168)])
def test_the_old_secret_keeps_working_until_its_overlap_ends(
    overlap: str, hours: int, key_admin: Any, browser_of: Any
) -> None:
    old = SecretFactory()
    answer = _rotate(browser_of(key_admin, proven=True), old.key, overlap)
    assert answer.context["credential"] != old.text
    old.refresh_from_db()
    assert old.state == KeySecret.State.OVERLAP
    assert abs(old.overlap_until - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)
    assert not old.is_retired(at=timezone.now())
    assert old.is_retired(at=old.overlap_until)


def test_rotating_now_retires_the_old_secret_at_once(key_admin: Any, browser_of: Any) -> None:
    old = SecretFactory()
    _rotate(browser_of(key_admin, proven=True), old.key, "now")
    old.refresh_from_db()
    assert old.state == KeySecret.State.RETIRED


def test_rotating_keeps_the_key_and_its_id(key_admin: Any, browser_of: Any) -> None:
    old = SecretFactory()
    _rotate(browser_of(key_admin, proven=True), old.key, "24h")
    assert old.key.secrets.count() == 2
    event = Event.objects.get(verb="key.rotated")
    assert event.target_id == old.key.uid
    assert "overlap 24 h" in event.sentence


def test_the_same_form_sent_twice_rotates_once(key_admin: Any, browser_of: Any) -> None:
    key, client = SecretFactory().key, browser_of(key_admin, proven=True)
    form = {"overlap": "24h", "version": key.version}
    assert client.post(f"/keys/{key.uid}/rotate/", form).status_code == 200
    assert client.post(f"/keys/{key.uid}/rotate/", form).status_code == 422
    assert key.secrets.count() == 2


def test_rotating_again_leaves_two_secrets_that_work(db: None) -> None:
    key = SecretFactory().key
    for _ in range(3):
        actions.rotate_key(key=key, actor=ACTOR, overlap=timedelta(days=1))
    states = sorted(key.secrets.values_list("state", flat=True))
    assert states == ["active", "overlap", "retired", "retired"]


def test_an_overlap_never_outlives_the_key() -> None:
    ends = NOW + timedelta(hours=2)
    assert rotation.overlap_until(NOW, overlap=timedelta(days=7), expires_at=ends) == ends
    assert rotation.overlap_until(NOW, overlap=timedelta(days=7), expires_at=NOW - timedelta(days=1)) == NOW


@pytest.mark.parametrize("fields", [{"state": "revoked"}, {"expires_at": NOW - timedelta(days=1)}])
def test_a_key_that_is_over_cannot_be_rotated(fields: dict[str, Any], key_admin: Any, browser_of: Any) -> None:
    key = KeyFactory(**fields)
    assert _rotate(browser_of(key_admin, proven=True), key, "24h").status_code == 422
    assert not key.secrets.exists()


def test_the_sweep_retires_what_has_ended_once(db: None) -> None:
    over = SecretFactory(state="overlap", overlap_until=timezone.now() - timedelta(minutes=1))
    running = SecretFactory(state="overlap", overlap_until=timezone.now() + timedelta(minutes=1))
    for _ in range(2):
        tasks.end_overlaps()
    over.refresh_from_db()
    running.refresh_from_db()
    assert (over.state, running.state) == ("retired", "overlap")
    event = Event.objects.get(verb="key.overlap_ended")
    assert event.actor_id == trail.SYSTEM.id


def _rotate(client: Any, key: Any, overlap: str) -> Any:
    return client.post(f"/keys/{key.uid}/rotate/", {"overlap": overlap, "version": key.version})


def test_loading_the_answer_again_says_whose_rotation_it_was(
    key_admin: Any, administrator: Any, browser_of: Any
) -> None:
    key, client = SecretFactory().key, browser_of(key_admin, proven=True)
    form = {"overlap": "24h", "version": key.version}
    client.post(f"/keys/{key.uid}/rotate/", form)
    assert (
        "You rotated it just now; its secret is not shown again." in client.post(f"/keys/{key.uid}/rotate/", form).text
    )
    said = browser_of(administrator, proven=True).post(f"/keys/{key.uid}/rotate/", form).text
    assert "Somebody changed this key meanwhile" in said
    actions.pause_key(key=key, actor=ACTOR, reason="looks odd")
    assert "Somebody changed this key meanwhile" in client.post(f"/keys/{key.uid}/rotate/", form).text
