from typing import Any

import pytest

from audit.models import Event
from orgs.models import Organization
from tests.factories import PlanVersionFactory


@pytest.fixture(autouse=True)
def plan(db: None) -> None:
    PlanVersionFactory()


FORM = {"name": "Halide & Sons", "plan": "standard", "time_zone": "Europe/Lisbon"}


def test_an_organization_starts_as_a_draft_with_contract_and_period(administrator: Any, browser_of: Any) -> None:
    answer = browser_of(administrator).post("/orgs/new/", {**FORM, "contact_email": "platform@halide.example"})
    made = Organization.objects.get(name="Halide & Sons")
    assert answer["Location"] == f"/orgs/{made.uid}/"
    assert (made.status, made.slug, made.uid[:4]) == ("draft", "halide-sons", "org_")
    assert made.contacts.get().email == "platform@halide.example"
    assert made.contracts.count() == 1
    assert made.billing_periods.filter(state="open").exists()
    assert Event.objects.filter(verb="organization.created", target_id=made.uid, actor_id=administrator.uid).exists()


def test_an_account_manager_makes_an_organization_of_her_own(account_manager: Any, browser_of: Any) -> None:
    browser_of(account_manager).post("/orgs/new/", FORM)
    assert Organization.objects.get(name="Halide & Sons").account_manager == account_manager


def test_fields_that_are_not_offered_are_ignored(account_manager: Any, administrator: Any, browser_of: Any) -> None:
    extra = {"account_manager": administrator.pk, "status": "active", "version": 900, "uid": "org_mine"}
    browser_of(account_manager).post("/orgs/new/", {**FORM, **extra})
    made = Organization.objects.get(name="Halide & Sons")
    assert made.account_manager == account_manager
    assert made.status == "draft"
    assert made.uid != "org_mine"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "This field is required."),
        ("name", "Halide\u202esnoS", "marks that reorder text"),
        ("name", "Halide\nSons", "control characters"),
        ("name", "x" * 121, "at most 120"),
        ("time_zone", "Europe/Nowhere", "There is no such time zone"),
        ("plan", "free", "Select a valid choice"),
        ("renewal_on", "soon", "Enter a valid date"),
        ("contact_email", "nobody", "valid email"),
    ],
)
def test_bad_input_is_said_at_its_field_and_saves_nothing(
    field: str, value: str, said: str, administrator: Any, browser_of: Any
) -> None:
    answer = browser_of(administrator).post("/orgs/new/", {**FORM, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'id="id_{field}"' in answer.text
    assert not Organization.objects.exists()


def test_a_bad_contact_saves_no_organization_either(administrator: Any, browser_of: Any) -> None:
    browser_of(administrator).post("/orgs/new/", {**FORM, "contact_email": "a@b"})
    assert not Organization.objects.exists()


def test_two_organizations_of_one_name_get_slugs_of_their_own(administrator: Any, browser_of: Any) -> None:
    for _ in range(2):
        browser_of(administrator).post("/orgs/new/", FORM)
    assert Organization.objects.values("slug").distinct().count() == 2
