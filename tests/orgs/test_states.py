from typing import Any

import pytest

from audit.models import Event
from orgs.models import Change
from tests.cast import prove
from tests.factories import OrganizationFactory, PlanVersionFactory

WHY = {"reason": "unpaid since August", "ticket": "SUP-7"}


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("activate", "draft", "active"),
        ("suspend", "active", "suspended"),
        ("suspend", "pilot", "suspended"),
        ("reinstate", "suspended", "active"),
        ("close", "suspended", "closed"),
        ("close", "draft", "closed"),
    ],
)
def test_a_step_changes_the_state_and_is_recorded(
    step: str, before: str, after: str, administrator: Any, browser_of: Any
) -> None:
    organization = OrganizationFactory(status=before, status_before="active")
    client = browser_of(administrator)
    prove(client)
    answer = client.post(f"/orgs/{organization.uid}/{step}/", WHY)
    assert answer.status_code == 302
    version = organization.version
    organization.refresh_from_db()
    assert organization.status == after
    assert organization.version > version
    event = Event.objects.filter(target_id=organization.uid, operation__in=["update", "delete"]).latest("occurred_at")
    assert event.changes["status"] == [before, after]
    assert (event.reason, event.ticket) == (WHY["reason"], WHY["ticket"])
    assert Change.objects.latest("seq").kind == "organization.changed"


@pytest.mark.parametrize(
    ("step", "before"),
    [("activate", "active"), ("suspend", "draft"), ("suspend", "closed"), ("reinstate", "active"), ("close", "closed")],
)
def test_a_way_that_does_not_exist_is_refused(step: str, before: str, administrator: Any, browser_of: Any) -> None:
    organization = OrganizationFactory(status=before)
    answer = browser_of(administrator, proven=True).post(f"/orgs/{organization.uid}/{step}/", WHY)
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text
    organization.refresh_from_db()
    assert organization.status == before


@pytest.mark.parametrize("step", ["suspend", "close"])
def test_a_step_that_stops_a_customer_needs_a_reason(step: str, administrator: Any, browser_of: Any) -> None:
    organization = OrganizationFactory()
    answer = browser_of(administrator, proven=True).post(f"/orgs/{organization.uid}/{step}/", {"ticket": "SUP-7"})
    assert answer.status_code == 422
    organization.refresh_from_db()
    assert organization.status == "active"


def test_a_suspended_pilot_is_reinstated_as_a_pilot(administrator: Any, browser_of: Any) -> None:
    organization = OrganizationFactory(status="pilot")
    client = browser_of(administrator)
    client.post(f"/orgs/{organization.uid}/suspend/", WHY)
    client.post(f"/orgs/{organization.uid}/reinstate/", WHY)
    organization.refresh_from_db()
    assert organization.status == "pilot"


def test_activating_on_the_pilot_plan_begins_a_pilot_of_thirty_days(administrator: Any, browser_of: Any) -> None:
    organization = OrganizationFactory(status="draft", plan_version=PlanVersionFactory(plan__code="pilot"))
    browser_of(administrator).post(f"/orgs/{organization.uid}/activate/", {})
    organization.refresh_from_db()
    assert organization.status == "pilot"
    assert (organization.pilot.ends_at - organization.pilot.starts_at).days == 30
    assert organization.pilot.generation_cap is None


def test_an_account_manager_suspends_her_own_after_a_proof(
    account_manager: Any, her_organization: Any, browser_of: Any
) -> None:
    client = browser_of(account_manager)
    assert client.post(f"/orgs/{her_organization.uid}/suspend/", WHY).status_code == 422
    prove(client)
    assert client.post(f"/orgs/{her_organization.uid}/suspend/", WHY).status_code == 302
