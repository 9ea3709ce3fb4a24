from datetime import timedelta
from typing import Any

from django.utils import timezone

from audit.models import Event
from orgs.models import Change
from tests.factories import SecretFactory, SecretHourFactory

WHY = {"code": "leaked", "reason": "found in a public repository", "ticket": "SUP-9"}


def test_a_revoked_key_says_who_when_and_why(key_admin: Any, browser_of: Any) -> None:
    secret = SecretFactory()
    answer = browser_of(key_admin).post(f"/keys/{secret.key.uid}/revoke/", WHY)
    assert answer.status_code == 302
    secret.key.refresh_from_db()
    assert (secret.key.state, secret.key.revoke_code) == ("revoked", "leaked")
    event = Event.objects.get(verb="key.revoked")
    assert (event.reason, event.ticket, event.actor_id) == (WHY["reason"], "SUP-9", key_admin.uid)
    assert Change.objects.latest("seq").public_ids == [secret.public_id]


def test_revoking_needs_a_reason(key_admin: Any, browser_of: Any) -> None:
    key = SecretFactory().key
    answer = browser_of(key_admin).post(f"/keys/{key.uid}/revoke/", {"code": "leaked"})
    assert answer.status_code == 422
    key.refresh_from_db()
    assert key.state == "active"


def test_a_key_is_revoked_once(key_admin: Any, browser_of: Any) -> None:
    key, client = SecretFactory().key, browser_of(key_admin)
    client.post(f"/keys/{key.uid}/revoke/", WHY)
    answer = client.post(f"/keys/{key.uid}/revoke/", WHY)
    assert answer.status_code == 422
    assert "revoked already" in answer.text
    assert Event.objects.filter(verb="key.revoked").count() == 1


def test_htmx_is_sent_on_to_the_key(key_admin: Any, browser_of: Any) -> None:
    key = SecretFactory().key
    answer = browser_of(key_admin).post(f"/keys/{key.uid}/revoke/", WHY, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == f"/keys/{key.uid}/"


def test_a_viewer_is_refused_and_it_is_recorded(viewer: Any, browser_of: Any) -> None:
    key = SecretFactory().key
    answer = browser_of(viewer).post(f"/keys/{key.uid}/revoke/", WHY)
    assert answer.status_code == 403
    key.refresh_from_db()
    assert key.state == "active"
    assert Event.objects.get(verb="access.denied").detail["permission"] == "key.revoke"


def test_the_form_says_whom_revoking_would_have_refused(key_admin: Any, browser_of: Any) -> None:
    secret = SecretFactory()
    SecretHourFactory(secret=secret, hour=timezone.now() - timedelta(hours=2), address="203.0.113.9", admitted=5)
    page = browser_of(key_admin).get(f"/keys/{secret.key.uid}/revoke/").text
    assert f"Revoking {secret.key} would have refused 5 calls of 1 caller" in page
    assert "203.0.113.9" in page
