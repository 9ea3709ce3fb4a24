"""What Review says before anything is set: what cannot be, and what would be refused from the next call on."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keys.models import DecisionMinute, LimitRule
from orgs.models import Organization, Staff
from tests import factories
from tests.keys.limits.setting import NOON
from tests.keys.limits.test_editor import V2, fields, reviewed

A_DAY = {"new_dimension": "generations", "new_per": "window-day", "new_mode": "block"}


@pytest.fixture
def page(her_organization: Organization) -> str:
    return reverse("keys:org_limits", args=[her_organization.uid])


@pytest.fixture
def at(key_admin: Staff, browser_of: Any) -> Client:
    return browser_of(key_admin)


def review(at: Client, page: str, **values: str) -> Any:
    return at.post(page, {**fields(at, page, **values), "act": "review"})


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({f"limit-{V2}": "0"}, f"limit-{V2}", "write a number from 1"),
        ({f"limit-{V2}": "90", f"burst-{V2}": "5000"}, f"limit-{V2}", "a burst of 1 to 1,000"),
        ({"new_limit": "0", "new_per": "rate-3600"}, "new_limit", "write a number from 1"),
        ({f"limit-{V2}": "90", "starts_at": "2020-01-01T00:00"}, "starts_at", "This is over"),
        ({f"limit-{V2}": "90", "ends_at": "2020-01-01T00:00"}, "ends_at", "has to end after it begins"),
        (
            {f"limit-{V2}": "90", "starts_at": "2030-02-01T00:00", "ends_at": "2030-01-01T00:00"},
            "ends_at",
            "has to end after it begins",
        ),
    ],
)
def test_what_cannot_be_is_said_on_review(values: dict[str, str], field: str, said: str, at: Client, page: str) -> None:
    answer = review(at, page, **values)
    assert answer.status_code == 422
    assert said in answer.context["form"].errors[field][0]
    assert said in answer.content.decode()


def test_to_go_back_to_the_plan_for_a_time_is_said_on_review(
    at: Client, page: str, her_organization: Organization
) -> None:
    factories.RuleFactory(organization=her_organization, limit=450)
    end = f"{timezone.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    assert "taken back for good" in review(at, page, **{f"limit-{V2}": "", "ends_at": end}).content.decode()


def test_without_a_reason_the_review_and_what_if_still_stand(at: Client, page: str) -> None:
    answer = at.post(page, reviewed(at, page, **{f"limit-{V2}": "200"}))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"reason"}
    assert ("v2 requests a minute", "120", "200", "+67%") in answer.context["differences"]
    assert [effect.is_changed for effect in answer.context["told"].what_if.effects].count(True) == 1
    assert "+67%" in answer.content.decode()
    again = {**answer.context["form"].data.dict(), "reason": "Campaign", "act": "set"}
    assert at.post(page, again).status_code == 302
    assert LimitRule.objects.filter(limit=200).exists()


def used_today(organization: Organization, calls: int) -> None:
    key = factories.KeyFactory(organization=organization)
    minute = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=30)
    about = {"organization": organization, "key": key, "api_version": "v2", "code": "VALID", "calls": calls}
    DecisionMinute.objects.create(**about, minute=minute, units=calls)
    factories.DecisionHourFactory(**about, hour=minute.replace(minute=0), units=calls)


@pytest.fixture
def used(at_noon: time_machine.Traveller, her_organization: Organization) -> Organization:
    """63 of its generations were admitted today."""
    at_noon.move_to(NOON + timedelta(hours=3))
    used_today(her_organization, 63)
    return her_organization


def warned(answer: Any) -> list[str]:
    return [note.text for note in answer.context["notes"] if "used up already" in note.title]


@pytest.mark.parametrize(("limit", "is_warned"), [("3", True), ("0", True), ("63", True), ("64", False)])
def test_a_quota_that_is_used_up_already_is_warned_of(
    limit: str, is_warned: bool, used: Organization, at: Client, page: str
) -> None:
    said = warned(review(at, page, new_limit=limit, **A_DAY))
    text = f"63 are used today, and {limit} would be allowed: every further call is refused until the next day begins."
    assert said == ([text] if is_warned else [])


def test_a_quota_that_only_warns_or_begins_later_refuses_nothing_now(used: Organization, at: Client, page: str) -> None:
    assert not warned(review(at, page, new_limit="3", **{**A_DAY, "new_mode": "warn"}))
    assert not warned(review(at, page, new_limit="3", starts_at=f"{NOON + timedelta(days=2):%Y-%m-%dT%H:%M}", **A_DAY))


def test_a_quota_that_is_lowered_below_what_is_used_is_warned_of(used: Organization, at: Client, page: str) -> None:
    span = DateTimeTZRange(NOON - timedelta(days=1), None, "[)")
    factories.RuleFactory(
        organization=used, name="generations-day", kind="window", dimension="generations", api_version=None,
        window="day", period_s=None, burst=None, limit=500, effective=span,
    )  # fmt: skip
    [said] = warned(review(at, page, **{"limit-window-generations-any-day": "60"}))
    assert said.startswith("63 are used today, and 60 would be allowed")
