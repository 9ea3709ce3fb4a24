"""Two people at once: one of them wins, and nothing is half done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from keys import actions
from keys.models import ApiKey, KeySecret
from tests.at_once import at_once, outcome
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.keys.rotation.conftest import DAY, HOUR, states_of

pytestmark = pytest.mark.django_db(transaction=True)


def _at_once(*acts: Callable[[], Any]) -> list[str]:
    """Run the actions at the same moment; returns how they ended."""
    return sorted(at_once(*map(outcome, acts)))


def _rotate(key: ApiKey) -> Callable[[], Any]:
    return lambda: actions.rotate_key(key=key, actor=ACTOR, overlap=DAY, seen_version=key.version)


def test_of_two_rotations_at_once_one_wins() -> None:
    key = SecretFactory().key
    assert _at_once(_rotate(key), _rotate(key)) == ["done", "refused"]
    assert states_of(key) == ["overlap", "active"]
    assert Event.objects.filter(verb="key.rotated").count() == 1


def _rotating() -> KeySecret:
    old: KeySecret = SecretFactory(state="overlap", overlap_began_at=timezone.now())
    SecretFactory(key=old.key)
    return old


def test_of_undo_and_end_at_once_one_wins() -> None:
    key = _rotating().key
    why = {"reason": "because", "seen_version": key.version}
    acts = (
        lambda: actions.undo_rotation(key=key, actor=ACTOR, **why),
        lambda: actions.end_old_secret(key=key, actor=ACTOR, **why),
    )
    assert _at_once(*acts) == ["done", "refused"]
    assert states_of(key) in (["active", "retired"], ["retired", "active"])


def test_a_rotation_and_a_revocation_at_once_leave_a_revoked_key() -> None:
    key = SecretFactory().key
    _at_once(_rotate(key), lambda: actions.revoke_key(key=key, actor=ACTOR, code="leaked", reason="because"))
    key.refresh_from_db()
    assert key.state == "revoked"
    assert states_of(key) in (["active"], ["overlap", "active"])


def test_a_sweep_and_a_person_at_once_begin_a_scheduled_rotation_once() -> None:
    current = SecretFactory(overlap_until=timezone.now() + DAY)
    pending = SecretFactory(key=current.key, state="pending", activates_at=timezone.now() - HOUR)
    done = _at_once(
        lambda: actions.begin_rotation(secret=pending, actor=ACTOR),
        lambda: actions.end_old_secret(key=current.key, actor=ACTOR, reason="because"),
    )
    assert done == ["done", "done"]
    assert states_of(current.key) == ["retired", "active"]
    assert Event.objects.filter(verb="key.rotation_began").count() == 1
