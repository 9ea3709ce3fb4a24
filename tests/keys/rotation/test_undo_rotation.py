from typing import Any

import pytest
import time_machine

from audit.models import Event
from keys.models import KeySecret
from tests.factories import SecretFactory
from tests.keys.rotation.conftest import states_of


def test_the_old_secret_is_the_current_one_again(old: KeySecret, post: Any) -> None:
    assert post(old.key, "rotation/undo", reason="wrong key").status_code == 302
    assert states_of(old.key) == ["active", "retired"]
    old.refresh_from_db()
    assert (old.overlap_until, old.overlap_began_at, old.overlap_after_use, old.retired_at) == (None, None, None, None)
    assert Event.objects.get(verb="key.rotation_undone").reason == "wrong key"


def test_the_form_asks_why(old: KeySecret, post: Any) -> None:
    assert post(old.key, "rotation/undo").status_code == 422
    assert states_of(old.key) == ["overlap", "active"]


def test_it_is_refused_once_the_old_secret_has_ended(old: KeySecret, kim: Any) -> None:
    form = {"version": old.key.version, "reason": "late"}
    with time_machine.travel(old.overlap_until, tick=False):
        assert kim.get(f"/keys/{old.key.uid}/rotation/undo/").status_code == 302
        answer = kim.post(f"/keys/{old.key.uid}/rotation/undo/", {**form, "password": "x"})
    assert answer.status_code in (302, 422)
    assert "active" in states_of(old.key)
    assert old.key.secrets.get(state="active").pk != old.pk


def test_it_is_refused_while_another_is_scheduled(old: KeySecret, post: Any) -> None:
    SecretFactory(key=old.key, state="pending")
    answer = post(old.key, "rotation/undo", reason="because")
    assert "Cancel it first" in answer.content.decode()
    assert states_of(old.key) == ["overlap", "active", "pending"]


@pytest.mark.parametrize("step", ["rotation/undo", "rotation/end", "rotation/extend"])
def test_a_form_from_before_a_change_changes_nothing(step: str, old: KeySecret, kim: Any) -> None:
    form = {"version": old.key.version - 1, "reason": "because", "until": "1h"}
    answer = kim.post(f"/keys/{old.key.uid}/{step}/", form)
    assert (answer.status_code, states_of(old.key)) == (422, ["overlap", "active"])
    assert "changed this key meanwhile" in answer.content.decode()
