"""What a refused attempt leaves behind, and whose log it stands in."""

from typing import Any

import pytest
from django.urls import reverse

from audit.models import Event
from orgs.policy import Role
from tests import factories


def _refusal(person: Any) -> Event:
    return Event.objects.get(verb="access.denied", actor_id=person.uid)


def test_who_sees_an_organization_but_may_not_edit_it_is_refused_in_its_own_log(
    viewer: Any, her_organization: Any, browser_of: Any
) -> None:
    assert browser_of(viewer).get(reverse("orgs:edit", args=[her_organization.uid])).status_code == 403
    event = _refusal(viewer)
    assert (event.target_type, event.target_id) == ("organization", her_organization.uid)
    assert event.organization == her_organization.uid
    assert event.sentence == "Vic may not edit organization Halide & Sons"


def test_a_refused_key_is_told_with_its_organization(viewer: Any, her_organization: Any, browser_of: Any) -> None:
    key = factories.SecretFactory(key__organization=her_organization, key__name="prod").key
    assert browser_of(viewer).get(reverse("keys:rotate", args=[key.uid])).status_code == 403
    assert _refusal(viewer).sentence == "Vic may not rotate key prod of Halide & Sons"
    assert _refusal(viewer).organization == her_organization.uid


def test_what_is_asked_of_an_organization_reads_well_too(viewer: Any, her_organization: Any, browser_of: Any) -> None:
    assert browser_of(viewer).get(reverse("keys:issue", args=[her_organization.uid])).status_code == 403
    assert _refusal(viewer).sentence == "Vic may not issue key in Halide & Sons"


def test_a_page_about_nothing_in_particular_is_refused_by_its_address(viewer: Any, browser_of: Any) -> None:
    assert browser_of(viewer).get("/gateways/").status_code == 403
    assert _refusal(viewer).sentence == "Vic may not see gateway credential at /gateways/"


@pytest.mark.parametrize("odd", ["%00", "org_%00", "org_%1b[31m", "%E2%80%AEorg", "%ED%A0%80"])
@pytest.mark.parametrize("page", ["/orgs/{}/", "/orgs/{}/edit/", "/keys/{}/", "/gateways/{}/", "/orgs/{}/usage/"])
def test_an_id_that_nothing_can_have_is_not_found(page: str, odd: str, administrator: Any, browser_of: Any) -> None:
    assert browser_of(administrator).get(page.format(odd)).status_code == 404


def test_a_control_character_in_an_id_is_recorded_visibly(administrator: Any, browser_of: Any) -> None:
    browser_of(administrator).get("/orgs/a%00b/")
    assert _refusal(administrator).target_id == "a\ufffdb"


def test_a_contact_of_another_organization_is_not_found_and_that_is_recorded(
    account_manager: Any, her_organization: Any, other_organization: Any, browser_of: Any
) -> None:
    contact = factories.ContactFactory(organization=other_organization)
    page = reverse("orgs:remove_contact", args=[her_organization.uid, contact.pk])
    assert browser_of(account_manager).post(page).status_code == 404
    event = _refusal(account_manager)
    assert (event.target_type, event.target_id) == ("contact", str(contact.pk))
    assert event.organization == her_organization.uid
    assert other_organization.contacts.filter(pk=contact.pk).exists()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.KEY_ADMIN])
def test_a_role_in_one_organization_opens_no_gateway_page(
    role: Role, stranger: Any, her_organization: Any, browser_of: Any
) -> None:
    factories.RoleAssignmentFactory(user=stranger, role=role, organization=her_organization)
    client = browser_of(stranger, proven=True)
    assert client.get("/gateways/new/").status_code == 403
    assert client.post("/gateways/new/", {"name": "gw", "environment": "staging"}).status_code == 403
    assert client.get("/gateways/").status_code == 403


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ACCOUNT_MANAGER])
def test_a_role_in_one_organization_makes_no_other(
    role: Role, stranger: Any, her_organization: Any, browser_of: Any
) -> None:
    factories.RoleAssignmentFactory(user=stranger, role=role, organization=her_organization)
    assert browser_of(stranger).get("/orgs/new/").status_code == 403
    assert browser_of(stranger).get(reverse("orgs:detail", args=[her_organization.uid])).status_code == 200
