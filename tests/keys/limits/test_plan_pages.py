"""The pages of plans: all versions, and another one that is published as it was reviewed."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from keys import actions
from keys.limits.limit_changes import Change
from keys.models import LimitRule
from keys.pilot_limits import Agreed
from orgs import plans
from orgs.models import Organization, Staff
from tests.capacity import a_pool, a_reservation
from tests.cast import ACTOR, PASSWORD
from tests.factories import OrganizationFactory, PlanVersionFactory
from tests.keys.limits.setting import JOBS, put, rate

STANDARD = "/plans/standard/publish/"
ASKED: dict[str, Any] = {
    "v1_minute": "300",
    "v1_minute_burst": "60",
    "v2_minute": "240",
    "v2_minute_burst": "20",
    "running_jobs": "",
    "generations_month": "2,000,000",
    "default_key_days": "365",
    "longest_key_days": "365",
    "longest_overlap_hours": "168",
    "v1_availability": "99.5",
    "v1_p95_ms": "10,000",
    "v2_availability": "99.5",
    "v2_p95_ms": "25,000",
    "approval_threshold": "600",
    "counter_store_down": "open",
    "whom": "move",
    "seen": "1",
    "reason": "more for everybody",
}


@pytest.fixture
def ada(administrator: Staff, browser_of: Callable[..., Client]) -> Client:
    return browser_of(administrator, proven=True)


def review(client: Client, **fields: Any) -> tuple[str, str]:
    """Ask for a version, and return the page with the mark of what it shows."""
    page = client.post(STANDARD, {**ASKED, **fields}).content.decode()
    mark = re.search(r'name="reviewed" value="(\w+)"', page)
    return page, mark[1] if mark else ""


def test_the_page_shows_each_plan_with_its_versions(viewer: Staff, browser_of: Callable[..., Client]) -> None:
    OrganizationFactory()
    page = browser_of(viewer).get("/plans/").content.decode()
    assert "v2 requests: 120 a minute, burst 20" in page
    assert "Publish a version" not in page
    assert all(f'id="plan-{code}"' in page for code, _ in plans.choices())


def test_the_page_says_what_is_promised_and_a_version_may_promise_more(ada: Client) -> None:
    assert "v2: 99.5%, p95 25 s" in ada.get("/plans/").content.decode()
    assert 'value="99.5"' in ada.get(STANDARD).content.decode()
    _, mark = review(ada, v2_availability="99.95", v2_p95_ms="")
    ada.post(STANDARD, {**ASKED, "v2_availability": "99.95", "v2_p95_ms": "", "reviewed": mark})
    assert str(plans.latest("standard").objective("v2")) == "99.95%"
    assert str(plans.latest("standard").objective("v1")) == "99.5%, p95 10 s"


@pytest.mark.parametrize("availability", ["100", "49", "99.9999", "most"])
def test_no_plan_promises_everything_or_next_to_nothing(ada: Client, availability: str) -> None:
    page, mark = review(ada, v2_availability=availability)
    assert mark == ""
    assert "aria-describedby" in page
    assert plans.latest("standard").number == 1


def test_only_organizations_in_reach_are_counted(
    account_manager: Staff, her_organization: Organization, browser_of: Callable[..., Client]
) -> None:
    OrganizationFactory.create_batch(3)
    page = browser_of(account_manager).get("/plans/").content.decode()
    standard = page.partition('id="plan-standard"')[2].partition("</section>")[0]
    assert re.findall(r'data-label="Organizations"[^>]*>\s*(\d+)', standard) == ["1"]


def test_a_review_publishes_nothing_and_names_who_moves(ada: Client, her_organization: Organization) -> None:
    own = OrganizationFactory(name="Kestrel")
    put(own, rate(900))
    page, mark = review(ada)
    assert mark
    assert "Who moves to version 2" in page
    assert re.search(r"<del>120 a minute, burst 20</del>.*<ins>240 a minute, burst 20</ins>", page, re.DOTALL)
    assert "2,000,000 a month" in page
    assert plans.latest("standard").number == 1


def test_what_was_reviewed_is_published(ada: Client, her_organization: Organization) -> None:
    _, mark = review(ada)
    answer = ada.post(STANDARD, {**ASKED, "reviewed": mark}, follow=True)
    assert "Standard, version 2 is published." in answer.content.decode()
    version = Organization.objects.get(pk=her_organization.pk).plan_version
    assert version.number == 2
    assert {(rule.name, rule.limit) for rule in version.limits.all()} == {
        ("v1-minute", 300),
        ("v2-minute", 240),
        ("generations-month", 2_000_000),
    }


def test_other_numbers_than_the_reviewed_ones_are_shown_again(ada: Client) -> None:
    _, mark = review(ada)
    ada.post(STANDARD, {**ASKED, "v2_minute": "250", "reviewed": mark})
    ada.post(STANDARD, {**ASKED, "whom": "stay", "reviewed": mark})
    assert plans.latest("standard").number == 1


def test_without_a_change_there_is_nothing_to_review(ada: Client) -> None:
    page, mark = review(ada, v2_minute="120", generations_month="")
    assert "Nothing differs from Standard, version 1." in page
    assert mark == ""


def test_a_version_that_was_published_meanwhile_is_not_overlooked(ada: Client) -> None:
    _, mark = review(ada)
    ada.post(STANDARD, {**ASKED, "reviewed": mark})
    page, again = review(ada, v2_minute="260", reviewed=mark)
    assert "Somebody published a version meanwhile" in page
    assert again == ""
    assert plans.latest("standard").number == 2


def test_publishing_asks_who_one_is_once(administrator: Staff, browser_of: Callable[..., Client]) -> None:
    client = browser_of(administrator)
    assert 'name="password"' in client.get(STANDARD).content.decode()
    assert client.post(STANDARD, ASKED).status_code == 422
    page, mark = review(client, password=PASSWORD)
    assert 'name="password"' not in page
    client.post(STANDARD, {**ASKED, "reviewed": mark})
    assert plans.latest("standard").number == 2


def test_a_rate_without_a_burst_is_refused_in_words(ada: Client) -> None:
    page, _ = review(ada, v2_minute_burst="")
    assert "This field is required" in page
    page, _ = review(ada, v2_minute_burst="1,001")
    assert "a rate has a burst of 1 to 1,000" in page
    assert not LimitRule.objects.filter(plan_version__number=2).exists()


def test_numbers_changed_behind_a_review_are_told_as_not_published(ada: Client) -> None:
    page, mark = review(ada)
    told = "Not published: what is below has changed, look again."
    assert told not in page
    page, again = review(ada, v2_minute="250", reviewed=mark)
    assert told in page
    assert again not in ("", mark)


def test_a_review_warns_below_what_is_reserved_of_those_who_move(ada: Client, her_organization: Organization) -> None:
    pool = a_pool("lisbon-a")
    a_reservation(pool, organization=her_organization, units=3, first=2, last=5)
    a_reservation(pool, organization=her_organization, units=2, first=5, last=8)
    a_reservation(pool, organization=her_organization, units=9, first=5, last=8, hold_for=timedelta(hours=1))
    page, _ = review(ada, running_jobs="19")
    assert "Running jobs 19, while 20 are reserved." in page
    assert "Below what is reserved" not in review(ada, running_jobs="20")[0]
    assert "Below what is reserved" not in review(ada, running_jobs="19", whom="stay")[0]
    put(her_organization, Change(JOBS, limit=30))
    assert "Below what is reserved" not in review(ada, running_jobs="19")[0]


def test_a_review_names_the_pilots_that_convert_to_an_older_version(ada: Client) -> None:
    trial = OrganizationFactory(name="Tern", status="pilot", plan_version=PlanVersionFactory(plan__code="pilot"))
    agreed = {"agreed": Agreed(), "lines": [], "production_plan": plans.latest("standard")}
    pilot = actions.start_pilot(organization=trial, actor=ACTOR, **agreed)
    page, _ = review(ada)
    assert "Pilots that convert to an older version" in page
    assert "Tern</a>: Standard, version 1." in page
    actions.cancel_pilot(pilot=pilot, actor=ACTOR, reason="another supplier")
    assert "Pilots that convert" not in review(ada)[0]
