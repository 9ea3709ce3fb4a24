from typing import Any

from audit.models import Event
from orgs.models import Contact, Organization
from tests.factories import ContactFactory, OrganizationFactory


def _form(organization: Organization, **changed: Any) -> dict[str, Any]:
    return {"name": organization.name, "time_zone": "UTC", "version": organization.version, **changed}


def test_what_was_changed_stands_in_the_trail_with_before_and_after(administrator: Any, browser_of: Any) -> None:
    organization = OrganizationFactory(name="Old")
    browser_of(administrator).post(f"/orgs/{organization.uid}/edit/", _form(organization, name="New", crm_ref="C-1"))
    event = Event.objects.get(verb="organization.edited")
    assert event.changes == {"name": ["Old", "New"], "crm_ref": ["", "C-1"]}


def test_saving_nothing_records_nothing(administrator: Any, browser_of: Any) -> None:
    organization = OrganizationFactory()
    answer = browser_of(administrator).post(f"/orgs/{organization.uid}/edit/", _form(organization))
    assert answer.status_code == 302
    assert not Event.objects.filter(verb="organization.edited").exists()


def test_a_page_that_somebody_overtook_saves_nothing(administrator: Any, browser_of: Any) -> None:
    organization = OrganizationFactory(name="Old")
    client, stale = browser_of(administrator), _form(organization, name="Mine")
    client.post(f"/orgs/{organization.uid}/edit/", _form(organization, notes="theirs"))
    answer = client.post(f"/orgs/{organization.uid}/edit/", stale)
    assert answer.status_code == 422
    assert "Somebody changed this organization meanwhile" in answer.text
    organization.refresh_from_db()
    assert (organization.name, organization.notes) == ("Old", "theirs")


def test_an_account_manager_cannot_hand_her_organization_over(
    account_manager: Any, administrator: Any, her_organization: Any, browser_of: Any
) -> None:
    form = _form(her_organization, account_manager=administrator.pk)
    browser_of(account_manager).post(f"/orgs/{her_organization.uid}/edit/", form)
    her_organization.refresh_from_db()
    assert her_organization.account_manager == account_manager


def test_a_contact_is_added_once(key_admin: Any, browser_of: Any) -> None:
    organization, client = OrganizationFactory(), browser_of(key_admin)
    form = {"kind": "technical", "email": "Team@Studio.example", "name": "Team"}
    assert client.post(f"/orgs/{organization.uid}/contacts/", form).status_code == 302
    assert client.post(f"/orgs/{organization.uid}/contacts/", form).status_code == 422
    assert organization.contacts.get().email == "team@studio.example"


def test_a_contact_of_another_organization_cannot_be_removed_through_ones_own(
    account_manager: Any, her_organization: Any, browser_of: Any
) -> None:
    foreign = ContactFactory()
    answer = browser_of(account_manager).post(f"/orgs/{her_organization.uid}/contacts/{foreign.pk}/remove/")
    assert answer.status_code == 404
    assert Contact.objects.filter(pk=foreign.pk).exists()


def test_the_plan_is_changed_with_a_reason(key_admin: Any, browser_of: Any) -> None:
    organization, client = OrganizationFactory(), browser_of(key_admin)
    assert client.post(f"/orgs/{organization.uid}/plan/", {"plan": "enterprise"}).status_code == 422
    answer = client.post(f"/orgs/{organization.uid}/plan/", {"plan": "enterprise", "reason": "renewed"})
    assert answer.status_code == 302
    organization.refresh_from_db()
    assert organization.plan.code == "enterprise"
