"""Pause and resume: who may, what is refused, and what happens at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from keys import actions
from orgs.models import Change
from tests.at_once import at_once, outcome
from tests.cast import ACTOR
from tests.factories import KeyFactory, SecretFactory

WHY = {"reason": "the customer asked for it", "ticket": "SUP-7"}
YESTERDAY = timezone.now() - timedelta(days=1)


def test_a_paused_key_says_since_when_and_why(key_admin: Any, browser_of: Any) -> None:
    secret = SecretFactory()
    answer = browser_of(key_admin).post(f"/keys/{secret.key.uid}/pause/", WHY)
    assert answer.status_code == 302
    secret.key.refresh_from_db()
    assert (secret.key.state, secret.key.pause_reason, secret.key.pause_ticket) == ("paused", *WHY.values())
    event = Event.objects.get(verb="key.paused")
    assert (event.reason, event.ticket, event.changes) == (*WHY.values(), {"state": ["active", "paused"]})
    change = Change.objects.latest("seq")
    assert (change.kind, change.public_ids) == ("key.paused", [secret.public_id])


def test_pausing_needs_a_reason(key_admin: Any, browser_of: Any) -> None:
    key = SecretFactory().key
    assert browser_of(key_admin).post(f"/keys/{key.uid}/pause/", {"ticket": "SUP-7"}).status_code == 422
    key.refresh_from_db()
    assert key.state == "active"


@pytest.mark.parametrize("text", ["\u202egnp.exe", f"axk_live_{'a' * 12}_{'b' * 38}", "x" * 501])
def test_a_reason_that_cannot_be_recorded_pauses_nothing(text: str, key_admin: Any, browser_of: Any) -> None:
    key = SecretFactory().key
    assert browser_of(key_admin).post(f"/keys/{key.uid}/pause/", {"reason": text}).status_code == 422
    key.refresh_from_db()
    assert key.state == "active"


def test_an_account_manager_pauses_their_own_after_a_proof(
    account_manager: Any, her_organization: Any, browser_of: Any
) -> None:
    key = SecretFactory(key__organization=her_organization).key
    path = f"/keys/{key.uid}/pause/"
    assert browser_of(account_manager).post(path, WHY).status_code == 422
    key.refresh_from_db()
    assert key.state == "active"
    assert browser_of(account_manager, proven=True).post(path, WHY).status_code == 302
    key.refresh_from_db()
    assert key.state == "paused"
    # Letting it run again is for those who answer for keys.
    assert browser_of(account_manager, proven=True).get(f"/keys/{key.uid}/resume/").status_code == 403


def test_a_resumed_key_is_as_it_was(key_admin: Any, browser_of: Any) -> None:
    secret = SecretFactory(key__state="paused", key__pause_reason="why", key__pause_ticket="SUP-1")
    key = secret.key
    answer = browser_of(key_admin).post(f"/keys/{key.uid}/resume/", {"version": key.version})
    assert answer.status_code == 302
    key.refresh_from_db()
    assert (key.state, key.paused_at, key.pause_reason, key.pause_ticket) == ("active", None, "", "")
    assert Event.objects.get(verb="key.resumed").changes == {"state": ["paused", "active"]}
    assert Change.objects.latest("seq").kind == "key.resumed"


def test_who_saw_another_pause_does_not_end_this_one(key_admin: Any, browser_of: Any) -> None:
    key = KeyFactory(state="paused")
    seen = key.version
    actions.resume_key(key=key, actor=ACTOR)
    actions.pause_key(key=key, actor=ACTOR, reason="it has leaked")
    answer = browser_of(key_admin).post(f"/keys/{key.uid}/resume/", {"version": seen})
    assert answer.status_code == 422
    assert "it has leaked" in answer.text
    key.refresh_from_db()
    assert key.state == "paused"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "revoked"}, "revoked, which is final"),
        ({"state": "paused", "expires_at": YESTERDAY}, "has expired"),
        ({}, "is not paused"),
    ],
)
def test_what_cannot_be_resumed_says_so(fields: dict[str, Any], said: str, key_admin: Any, browser_of: Any) -> None:
    key, client = KeyFactory(**fields), browser_of(key_admin)
    path = f"/keys/{key.uid}/resume/"
    assert said in client.get(path, follow=True).text
    answer = client.post(path, {"version": key.version})
    assert answer.status_code == 422
    assert said in answer.text
    key.refresh_from_db()
    assert key.state == fields.get("state", "active")


@pytest.mark.parametrize("fields", [{"state": "revoked"}, {"expires_at": YESTERDAY}, {"state": "paused"}])
def test_what_is_refused_already_is_not_paused(fields: dict[str, Any], db: None) -> None:
    key = KeyFactory(**fields)
    with pytest.raises(ValidationError, match="already"):
        actions.pause_key(key=key, actor=ACTOR, reason="because")
    assert not Event.objects.filter(verb="key.paused").exists()


@pytest.mark.django_db(transaction=True)
def test_of_pausing_and_revoking_at_once_the_key_ends_revoked() -> None:
    key = SecretFactory().key
    why: dict[str, Any] = {"key": key, "actor": ACTOR, "reason": "at once"}
    paused, revoked = at_once(
        outcome(lambda: actions.pause_key(**why)), outcome(lambda: actions.revoke_key(**why, code="leaked"))
    )
    key.refresh_from_db()
    assert (key.state, revoked) == ("revoked", "done")
    recorded = set(Event.objects.filter(target_id=key.uid, verb__startswith="key.").values_list("verb", flat=True))
    assert recorded == {"key.revoked", *(["key.paused"] if paused == "done" else [])}
