"""What each role finds in the log."""

from typing import Any

import pytest

from audit import trail
from audit.models import Event
from keys.pilot_limits import Agreed
from orgs import actions
from tests.cast import ACTOR
from tests.factories import OrganizationFactory, PlanVersionFactory, RoleAssignmentFactory, SecretFactory, StaffFactory


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


def test_a_key_admin_finds_pilots_which_are_limits_for_a_time(
    key_admin: Any, viewer: Any, browser_of: Any, db: None
) -> None:
    from keys import actions as keys

    on_trial = OrganizationFactory(status="pilot", plan_version=PlanVersionFactory(plan__code="pilot"))
    keys.start_pilot(organization=on_trial, actor=ACTOR, agreed=Agreed(500, {"v2": 40}))
    verbs = {verb for verb, _ in _verbs(browser_of(key_admin))}
    assert {"pilot.started", "limit.set"} <= verbs
    assert browser_of(viewer).get("/audit/").status_code == 403


def test_an_account_manager_finds_everything_of_her_own(done: None, account_manager: Any, browser_of: Any) -> None:
    found = _verbs(browser_of(account_manager))
    assert found == {("key.revoked", "Halide & Sons"), ("organization.edited", "Halide & Sons")}


def test_a_key_admin_does_not_learn_who_got_which_password(done: None, key_admin: Any, browser_of: Any) -> None:
    event = Event.objects.get(verb="staff.access_reset")
    assert browser_of(key_admin).get(f"/audit/{event.pk}/").status_code == 404


def test_who_looks_everywhere_and_manages_some_searches_her_own_alone(
    done: None, account_manager: Any, browser_of: Any
) -> None:
    RoleAssignmentFactory(user=account_manager, role="viewer")
    client = browser_of(account_manager)
    assert _verbs(client) == {("key.revoked", "Halide & Sons"), ("organization.edited", "Halide & Sons")}
    assert "Kestrel" not in client.get("/audit/").text


@pytest.mark.parametrize(
    ("role", "verbs"), [("administrator", {"key.revoked", "organization.edited"}), ("key_admin", {"key.revoked"})]
)
def test_a_role_in_one_organization_searches_that_one_alone(
    role: str, verbs: set[str], done: None, viewer: Any, her_organization: Any, browser_of: Any
) -> None:
    RoleAssignmentFactory(user=viewer, role=role, organization=her_organization)
    assert _verbs(browser_of(viewer)) == {(verb, "Halide & Sons") for verb in verbs}


def test_a_key_admin_who_manages_some_finds_everything_of_those(
    done: None, account_manager: Any, browser_of: Any
) -> None:
    RoleAssignmentFactory(user=account_manager, role="key_admin")
    assert _verbs(browser_of(account_manager)) == {
        ("key.revoked", "Kestrel VFX"),
        ("key.revoked", "Halide & Sons"),
        ("organization.edited", "Halide & Sons"),
    }


def test_what_one_sees_keeps_its_history(done: None, viewer: Any, other_organization: Any, browser_of: Any) -> None:
    answer = browser_of(viewer).get(f"/audit/history/organization/{other_organization.uid}/")
    assert answer.status_code == 200
    assert "edited Kestrel VFX" in answer.text


def test_the_filter_offers_only_who_acted_in_what_one_searches(
    done: None, account_manager: Any, key_admin: Any, administrator: Any, browser_of: Any, other_organization: Any
) -> None:
    ines = trail.Actor("staff", "stf_ines", "Ines Elsewhere")
    actions.edit_organization(organization=other_organization, actor=ines, values={"notes": "again"})
    seen = {person.name: browser_of(person).get("/audit/").text for person in (account_manager, administrator)}
    assert "Ines Elsewhere" not in seen["Mina"]
    assert "Dana Test" in seen["Mina"]
    assert "Ines Elsewhere" in seen["Ada"]
    # The event is none of keys or limits, and so is not in the key admin's log.
    assert "Ines Elsewhere" not in browser_of(key_admin).get("/audit/").text
    answer = browser_of(account_manager).get("/audit/", {"actor": "Ines"})
    assert "Nobody here is called" in answer.text
