"""Closed is final, and a pilot ends by being converted."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from orgs import actions, plans
from tests.cast import ACTOR
from tests.factories import OrganizationFactory, PilotFactory


@pytest.mark.parametrize("field", ["name", "time_zone"])
def test_a_closed_organization_stays_what_it_was(field: str, db: None) -> None:
    organization = OrganizationFactory(status="closed")
    with pytest.raises(ValidationError):
        actions.edit_organization(organization=organization, actor=ACTOR, values={field: "Europe/Lisbon"})
    plan = plans.latest("enterprise")
    with pytest.raises(ValidationError):
        actions.change_plan(organization=organization, actor=ACTOR, plan_version=plan, reason="x")


def test_notes_of_a_closed_organization_may_still_be_kept(db: None) -> None:
    organization = OrganizationFactory(status="closed")
    actions.edit_organization(organization=organization, actor=ACTOR, values={"notes": "sold"})
    organization.refresh_from_db()
    assert organization.notes == "sold"


def test_suspending_a_pilot_opens_no_way_around_its_conversion(db: None) -> None:
    organization = PilotFactory().organization
    actions.suspend_organization(organization=organization, actor=ACTOR, reason="x")
    plan = plans.latest("enterprise")
    with pytest.raises(ValidationError):
        actions.change_plan(organization=organization, actor=ACTOR, plan_version=plan, reason="x")


@pytest.mark.parametrize(
    ("status", "step"),
    [("closed", "suspend"), ("closed", "close"), ("closed", "plan"), ("active", "activate"), ("pilot", "plan")],
)
def test_a_task_that_makes_no_sense_is_not_offered(status: str, step: str, administrator: Any, browser_of: Any) -> None:
    organization = OrganizationFactory(status=status)
    answer = browser_of(administrator).get(f"/orgs/{organization.uid}/{step}/", follow=True)
    assert answer.redirect_chain == [(f"/orgs/{organization.uid}/", 302)]
    assert organization.name in answer.text


def test_a_contact_is_removed_after_it_was_confirmed(key_admin: Any, browser_of: Any) -> None:
    from tests.factories import ContactFactory

    contact = ContactFactory()
    path = f"/orgs/{contact.organization.uid}/contacts/{contact.pk}/remove/"
    client = browser_of(key_admin)
    assert contact.email in client.get(path).text
    assert contact.organization.contacts.exists()
    assert client.post(path).status_code == 302
    assert not contact.organization.contacts.exists()
