"""What people do with a pilot on its pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from keys import actions, criteria
from keys.models import Pilot
from keys.pilot_limits import Agreed
from orgs import plans
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.factories import KeyFactory, OrganizationFactory, PlanVersionFactory

DAY = timedelta(days=1)


@pytest.fixture
def trial(account_manager: Staff) -> Organization:
    """An organization of Mina's that is on trial, without a pilot yet."""
    version = PlanVersionFactory(plan__code="pilot", approval_threshold=100)
    return OrganizationFactory(account_manager=account_manager, status="pilot", plan_version=version)


@pytest.fixture
def pilot(trial: Organization) -> Pilot:
    lines = criteria.read("2,000 generations\nThe client is happy")
    return actions.start_pilot(organization=trial, actor=ACTOR, agreed=Agreed(500, {"v2": 40}), lines=lines)


def address(name: str, organization: Organization, *further: Any) -> str:
    return reverse(f"keys:{name}_pilot" if name != "tick" else "keys:tick_criterion", args=[organization.uid, *further])


def sent(organization: Organization, **fields: Any) -> dict[str, Any]:
    organization.refresh_from_db()
    return {"version": organization.version, "days": 30, **fields}


def test_an_account_manager_starts_one_with_what_was_agreed_on(
    trial: Organization, account_manager: Staff, browser_of: Any
) -> None:
    standard = plans.latest("standard")
    data = sent(
        trial, days=45, generation_cap=2_000, rate_v2=60, running_jobs=4, lines="2,000 generations\r\np95 under 12 s",
        production_plan=standard.pk,
    )  # fmt: skip
    answer = browser_of(account_manager).post(address("start", trial), data)
    assert answer["Location"] == reverse("metering:pilot", args=[trial.uid])
    started = Pilot.objects.get(organization=trial)
    assert (started.generation_cap, started.rates, started.running_jobs) == (2_000, {"v2": 60}, 4)
    assert (started.ends_at - started.starts_at, started.production_plan) == (45 * DAY, standard)
    assert [str(line) for line in started.criteria.all()] == ["2,000 generations", "p95 under 12 s"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"days": 91}, "Longer than 90 days"),
        ({"rate_v2": 101}, "an administrator has to agree"),
        ({"lines": "0 generations"}, "no target that can be reached"),
        ({"generation_cap": 0}, "greater than or equal to 1"),
        ({"version": 0}, "Somebody changed this organization meanwhile"),
    ],
)
def test_what_she_may_not_agree_on_is_said_and_nothing_starts(
    fields: dict[str, Any], said: str, trial: Organization, account_manager: Staff, browser_of: Any
) -> None:
    answer = browser_of(account_manager).post(address("start", trial), {**sent(trial), **fields})
    assert answer.status_code == 422
    assert said in answer.text
    assert not Pilot.objects.exists()


def test_an_administrator_goes_beyond_the_policy(trial: Organization, administrator: Staff, browser_of: Any) -> None:
    browser_of(administrator).post(address("start", trial), sent(trial, days=120, rate_v2=300))
    started = Pilot.objects.get(organization=trial)
    assert (started.ends_at - started.starts_at, started.rates) == (120 * DAY, {"v2": 300})


def test_a_draft_is_planned_and_keeps_what_was_planned(account_manager: Staff, browser_of: Any) -> None:
    version = PlanVersionFactory(plan__code="pilot")
    draft = OrganizationFactory(account_manager=account_manager, status="draft", plan_version=version)
    browser = browser_of(account_manager)
    browser.post(address("plan", draft), sent(draft, generation_cap=900, starts_on="2099-01-01"))
    assert not Pilot.objects.exists()
    soon = (timezone.now() + 5 * DAY).date().isoformat()
    browser.post(address("plan", draft), sent(draft, generation_cap=900, starts_on=soon))
    page = browser.get(address("plan", draft)).text
    assert 'value="900"' in page
    assert f'value="{soon}"' in page


def test_an_extension_says_until_when_on_the_organization_s_clock(
    pilot: Pilot, account_manager: Staff, browser_of: Any
) -> None:
    Organization.objects.filter(pk=pilot.organization_id)
    last = (pilot.ends_at + 3 * DAY).date()
    data = sent(pilot.organization, ends_on=last.isoformat(), reason="two more reviews")
    browser_of(account_manager).post(address("extend", pilot.organization), data)
    extended = Pilot.objects.get(pk=pilot.pk)
    assert extended.ends_at.astimezone(pilot.organization.zone).date() == last + DAY
    assert extended.ends_at.astimezone(pilot.organization.zone).hour == 0


def test_an_extension_names_the_keys_that_end_before_it(pilot: Pilot, account_manager: Staff, browser_of: Any) -> None:
    for name, ends in (("early", -5 * DAY), ("later", 20 * DAY), ("endless", None)):
        at = None if ends is None else pilot.ends_at + ends
        KeyFactory(organization=pilot.organization, name=name, expires_at=at)
    KeyFactory(organization=pilot.organization, name="gone", state="revoked", expires_at=pilot.ends_at - DAY)
    browser, path = browser_of(account_manager), address("extend", pilot.organization)

    def named(**chosen: str) -> list[str]:
        return re.findall(r'<a href="/keys/[^"]+">(\w+)</a>:', browser.get(path, chosen).text)

    assert named(ends_on=f"{pilot.ends_at + 9 * DAY:%Y-%m-%d}") == ["early"]
    assert named(ends_on=f"{pilot.ends_at + 29 * DAY:%Y-%m-%d}") == ["early", "later"]
    assert named() == named(ends_on="0001-01-01") == ["early", "later"]


def test_beyond_the_policy_is_said_to_an_administrator_too(pilot: Pilot, administrator: Staff, browser_of: Any) -> None:
    browser, path = browser_of(administrator), address("extend", pilot.organization)
    assert "longer is beyond the policy, and you may agree on it." in browser.get(path).text
    assert "Beyond the policy" not in browser.get(path, {"ends_on": f"{pilot.starts_at + 88 * DAY:%Y-%m-%d}"}).text
    assert (
        "days in all; the policy allows 90."
        in browser.get(path, {"ends_on": f"{pilot.starts_at + 95 * DAY:%Y-%m-%d}"}).text
    )


def test_changing_it_shows_what_there_is_and_saves_what_was_sent(
    pilot: Pilot, account_manager: Staff, browser_of: Any
) -> None:
    browser = browser_of(account_manager)
    shown = browser.get(address("change", pilot.organization)).text
    assert "2,000 generations\nThe client is happy" in shown
    browser.post(address("change", pilot.organization), sent(pilot.organization, generation_cap=700, lines="x y"))
    changed = Pilot.objects.get(pk=pilot.pk)
    assert (changed.generation_cap, changed.rates) == (700, {})
    assert [line.kind for line in changed.criteria.all()] == ["words"]


def test_a_cancelled_one_can_be_started_once_more(pilot: Pilot, account_manager: Staff, browser_of: Any) -> None:
    browser, organization = browser_of(account_manager), pilot.organization
    browser.post(address("cancel", organization), sent(organization, reason="no budget"))
    assert Pilot.objects.get(pk=pilot.pk).state == "cancelled"
    assert "Start once more" in browser.get(reverse("metering:pilot", args=[organization.uid])).text
    browser.post(address("start", organization), sent(organization))
    assert Pilot.objects.get(pk=pilot.pk).state == "active"


def test_a_line_of_words_is_ticked_and_taken_back(pilot: Pilot, account_manager: Staff, browser_of: Any) -> None:
    browser = browser_of(account_manager)
    for met, expected in (("1", True), ("0", False)):
        browser.post(address("tick", pilot.organization, 2), {"met": met})
        assert (pilot.criteria.get(position=2).ticked_at is not None) is expected
    assert browser.post(address("tick", pilot.organization, 1), {"met": "1"}).status_code == 404


@pytest.mark.parametrize("step", ["plan", "start"])
def test_a_step_that_makes_no_sense_leads_back(
    step: str, pilot: Pilot, account_manager: Staff, browser_of: Any
) -> None:
    answer = browser_of(account_manager).get(address(step, pilot.organization))
    assert answer["Location"] == reverse("metering:pilot", args=[pilot.organization.uid])
