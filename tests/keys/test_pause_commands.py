"""manage.py pause_key and resume_key."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from tests.factories import KeyFactory, SecretFactory


def run(*arguments: str) -> str:
    """Run a command and return the last line of its stdout."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip().splitlines()[-1]


def test_a_key_is_paused_and_resumed_by_its_public_id(db: None) -> None:
    secret = SecretFactory()
    assert run("pause_key", secret.public_id, "--reason", "on the phone", "--ticket", "SUP-1") == secret.key.uid
    secret.key.refresh_from_db()
    assert (secret.key.state, secret.key.pause_reason) == ("paused", "on the phone")
    assert run("resume_key", secret.key.uid) == secret.key.uid
    secret.key.refresh_from_db()
    assert secret.key.state == "active"
    assert set(Event.objects.filter(target_id=secret.key.uid, verb__startswith="key.").values_list("actor_type")) == {
        ("cli",)
    }


@pytest.mark.parametrize(
    ("command", "state", "said"),
    [
        (("pause_key", "--reason", "because"), "revoked", "is revoked"),
        (("pause_key", "--reason", "\u202e"), "active", "reason: "),
        (("resume_key",), "active", "is not paused"),
        (("resume_key",), "revoked", "final"),
    ],
)
def test_what_is_refused_is_one_line(command: tuple[str, ...], state: str, said: str, db: None) -> None:
    key = KeyFactory(state=state)
    with pytest.raises(CommandError, match=said):
        run(command[0], key.uid, *command[1:])


def test_pausing_needs_a_reason(db: None) -> None:
    with pytest.raises(CommandError):
        run("pause_key", SecretFactory().public_id)
