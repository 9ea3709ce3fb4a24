"""What each role finds in the log."""

from typing import Any

import pytest

from audit.models import Event
from orgs import actions
from tests.cast import ACTOR
from tests.factories import SecretFactory, StaffFactory


@pytest.fixture
def done(her_organization: Any, other_organization: Any) -> None:
    from keys import actions as keys

    for organization in (her_organization, other_organization):
        key = SecretFactory(key__organization=organization, key__name=f"key of {organization.slug}").key
        keys.revoke_key(key=key, actor=ACTOR, code="leaked", reason="leaked")
        actions.edit_organization(organization=organization, actor=ACTOR, values={"notes": "edited"})
    actions.reset_password(user=StaffFactory(name="Ines"), actor=ACTOR)


def _verbs(client: Any) -> set[tuple[str, str]]:
    page = client.get("/audit/").text
    found = set()
    for verb, organization in Event.objects.exclude(verb="test.fixture").values_list("verb", "organization_label"):
        event = Event.objects.filter(verb=verb, organization_label=organization).latest("occurred_at")
        if str(event.pk) in page:
            found.add((verb, organization))
    return found


def test_an_administrator_finds_everything(done: None, administrator: Any, browser_of: Any) -> None:
    found = _verbs(browser_of(administrator))
    assert {
        ("key.revoked", "Kestrel VFX"),
        ("organization.edited", "Halide & Sons"),
        ("staff.access_reset", ""),
    } <= found


def test_a_key_admin_finds_keys_and_limits_of_all(done: None, key_admin: Any, browser_of: Any) -> None:
    assert _verbs(browser_of(key_admin)) == {("key.revoked", "Kestrel VFX"), ("key.revoked", "Halide & Sons")}


def test_an_account_manager_finds_everything_of_her_own(done: None, account_manager: Any, browser_of: Any) -> None:
    found = _verbs(browser_of(account_manager))
    assert found == {("key.revoked", "Halide & Sons"), ("organization.edited", "Halide & Sons")}


def test_a_key_admin_does_not_learn_who_got_which_password(done: None, key_admin: Any, browser_of: Any) -> None:
    event = Event.objects.get(verb="staff.access_reset")
    assert browser_of(key_admin).get(f"/audit/{event.pk}/").status_code == 404
