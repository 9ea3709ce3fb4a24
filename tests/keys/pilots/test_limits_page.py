"""What a pilot has set stands on the limits page, and is neither changed nor ended there."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keys import actions
from keys.models import LimitRule, Pilot
from keys.pilot_limits import Agreed
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.factories import OrganizationFactory, PlanVersionFactory, RuleFactory

V2, CAP = "limit-rate-requests-v2-60", "limit-window-generations-any-term"


@pytest.fixture
def pilot(db: None) -> Pilot:
    trial = OrganizationFactory(status="pilot", plan_version=PlanVersionFactory(plan__code="pilot"))
    return actions.start_pilot(organization=trial, actor=ACTOR, agreed=Agreed(500, {"v2": 40}), lines=[])


@pytest.fixture
def page(pilot: Pilot) -> str:
    return reverse("keys:org_limits", args=[pilot.organization.uid])


@pytest.fixture
def at(key_admin: Staff, browser_of: Any) -> Client:
    return browser_of(key_admin)


def rules(organization: Organization) -> dict[str, tuple[int, Any]]:
    return {rule.name: (rule.limit, rule.effective) for rule in LimitRule.objects.filter(organization=organization)}


def test_the_page_shows_them_as_the_pilots_with_a_link_and_no_input(at: Client, page: str, pilot: Pilot) -> None:
    answer = at.get(page)
    fixed = {f"limit-{entry.code}" for entry, *_ in answer.context["rows"] if entry.is_pilots}
    assert fixed == {V2, CAP}
    text = answer.content.decode()
    assert f'name="{V2}"' not in text
    assert 'name="limit-rate-requests-v1-60"' in text
    assert reverse("metering:pilot", args=[pilot.organization.uid]) in text
    assert "End now" not in text


@pytest.mark.parametrize(
    "fields",
    [
        {V2: "4,000"},
        {V2: ""},
        {CAP: "9,000"},
        {"new_limit": "900", "new_dimension": "requests", "new_per": "rate-60", "new_version": "v2"},
    ],
)
def test_the_server_refuses_to_change_them(fields: dict[str, str], at: Client, page: str, pilot: Pilot) -> None:
    before = rules(pilot.organization)
    answer = at.post(page, {**fields, "act": "set", "reason": "More", "reviewed": "x"})
    assert answer.status_code == 422
    assert "it belongs to the pilot" in answer.content.decode()
    assert rules(pilot.organization) == before


def test_the_server_refuses_to_end_them(at: Client, page: str, pilot: Pilot) -> None:
    before = rules(pilot.organization)
    for rule in LimitRule.objects.filter(organization=pilot.organization):
        url = reverse("keys:end_limit", args=[pilot.organization.uid, rule.uid])
        assert at.get(url)["Location"] == page
        answer = at.post(url, {"reason": "Over"}, follow=True)
        assert "belongs to the pilot" in answer.content.decode()
        with pytest.raises(ValidationError, match="belongs to the pilot"):
            actions.end_limit(rule=rule, actor=ACTOR, reason="Over")
        with pytest.raises(ValidationError, match="belongs to the pilot"):
            actions.move_limit_end(rule=rule, ends_at=timezone.now() + timedelta(days=90), actor=ACTOR, reason="Longer")
    assert rules(pilot.organization) == before


def test_what_somebody_else_has_set_of_that_name_is_theirs(at: Client, her_organization: Organization) -> None:
    RuleFactory(organization=her_organization, name="pilot-v2-minute", limit=450)
    context = at.get(reverse("keys:org_limits", args=[her_organization.uid])).context
    assert not [entry for entry, *_ in context["rows"] if entry.is_fixed]
