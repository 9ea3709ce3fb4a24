"""The page Limits of an organization: look, review, set."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from keys.models import LimitRule
from orgs.models import Organization, Staff
from tests import factories

V2 = "rate-requests-v2-60"


@pytest.fixture
def page(her_organization: Organization) -> str:
    return reverse("keys:org_limits", args=[her_organization.uid])


@pytest.fixture
def at(key_admin: Staff, browser_of: Any) -> Client:
    return browser_of(key_admin)


def fields(browser: Client, page: str, **values: str) -> dict[str, Any]:
    """What the page's form would send, with these fields filled in; `limit_V2` stands for the v2 rate's."""
    form = browser.get(page).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in {**sent, **values}.items()}


def reviewed(browser: Client, page: str, **values: str) -> dict[str, Any]:
    """The same once it was reviewed."""
    sent = fields(browser, page, **values)
    answer = browser.post(page, {**sent, "act": "review"})
    return {**sent, "reviewed": answer.context["form"]["reviewed"].value(), "act": "set"}


def test_what_is_inherited_stands_as_a_placeholder_and_what_is_set_here_as_a_value(at, page, her_organization):
    factories.RuleFactory(organization=her_organization, name="v1-minute", api_version="v1", limit=450)
    form = at.get(page).context["form"]
    assert form[f"limit-{V2}"].value() == ""
    assert form.fields[f"limit-{V2}"].widget.attrs["placeholder"] == "120"
    assert form["limit-rate-requests-v1-60"].value() == "450"


def test_a_limit_is_set_once_it_was_reviewed(at, page, her_organization):
    sent = reviewed(at, page, **{f"limit-{V2}": "550", "reason": "Campaign", "ticket": "SUP-1"})
    answer = at.post(page, sent)
    assert answer.status_code == 302, answer.context["form"].errors
    rule = LimitRule.objects.get(organization=her_organization)
    assert (rule.limit, rule.api_version, rule.period_s, rule.ticket) == (550, "v2", 60, "SUP-1")
    assert Event.objects.filter(verb="limit.set", organization=her_organization.uid, reason="Campaign").exists()


def test_nothing_is_set_before_it_was_reviewed(at, page, her_organization):
    sent = fields(at, page, **{f"limit-{V2}": "200", "reason": "Campaign"})
    answer = at.post(page, {**sent, "act": "set"})
    assert answer.status_code == 200
    assert ("v2 requests a minute", "120", "200", "+67%") in answer.context["differences"]
    assert not LimitRule.objects.filter(organization=her_organization).exists()


def test_what_was_reviewed_is_not_what_is_set_after_another_number_was_typed(at, page, her_organization):
    sent = reviewed(at, page, **{f"limit-{V2}": "200", "reason": "Campaign"})
    assert at.post(page, {**sent, f"limit-{V2}": "2000"}).status_code == 200
    assert not LimitRule.objects.filter(organization=her_organization).exists()


def test_an_error_loses_nothing_of_the_form(at, page):
    sent = fields(at, page, **{f"limit-{V2}": "many", "reason": "Campaign", "ticket": "SUP-7"})
    answer = at.post(page, {**sent, "act": "set"})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert form.errors[f"limit-{V2}"] == ["Write a whole number, such as 1,150."]
    assert (form[f"limit-{V2}"].value(), form["ticket"].value()) == ("many", "SUP-7")
    assert 'value="many"' in answer.content.decode()


def test_a_reason_is_asked_for_when_it_is_set_and_not_before(at, page):
    sent = reviewed(at, page, **{f"limit-{V2}": "200"})
    answer = at.post(page, sent)
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors


def test_an_empty_number_goes_back_to_the_plan(at, page, her_organization):
    factories.RuleFactory(organization=her_organization, limit=450)
    sent = reviewed(at, page, **{f"limit-{V2}": "", "reason": "The campaign is over"})
    assert at.post(page, sent).status_code == 302
    assert not LimitRule.objects.filter(organization=her_organization).at(timezone.now()).exists()


def test_a_limit_of_a_new_slot_is_added(at, page, her_organization):
    values = {"new_limit": "2,000,000", "new_dimension": "generations", "new_per": "window-month", "new_mode": "block"}
    assert at.post(page, reviewed(at, page, reason="Contract", **values)).status_code == 302
    rule = LimitRule.objects.get(organization=her_organization)
    assert (rule.kind, rule.window, rule.dimension, rule.limit) == ("window", "month", "generations", 2_000_000)
    assert rule.warn_at == [80, 95]


def test_running_jobs_are_added_too(at, page, her_organization):
    values = {"new_limit": "32", "new_dimension": "generations", "new_per": "concurrency", "new_mode": "warn"}
    assert at.post(page, reviewed(at, page, reason="Contract", **values)).status_code == 302
    rule = LimitRule.objects.get(organization=her_organization)
    assert (rule.kind, rule.dimension, rule.limit, rule.mode) == ("concurrency", "requests", 32, "warn")


def test_a_slot_that_is_in_the_table_is_not_added_again(at, page):
    sent = fields(at, page, new_limit="10", new_dimension="requests", new_per="rate-60", new_version="v2")
    answer = at.post(page, {**sent, "act": "review"})
    assert "stands in the table above" in answer.context["form"].errors["new_limit"][0]


def test_a_temporary_raise_ends_by_itself(at, page, her_organization):
    end = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    values = {f"limit-{V2}": "200", "ends_at": end, "reason": "Trade fair"}
    assert at.post(page, reviewed(at, page, **values)).status_code == 302
    rule = LimitRule.objects.get(organization=her_organization)
    assert rule.effective.upper.strftime("%Y-%m-%dT%H:%M") == end
    assert at.get(page).context["settings"][0][0] == rule


def test_the_button_for_a_raise_proposes_an_end(at, page):
    assert at.get(f"{page}?temporary=1").context["form"]["ends_at"].value()
    assert not at.get(page).context["form"]["ends_at"].value()


def test_above_the_threshold_an_administrator_is_needed(at, page, her_organization, administrator, browser_of):
    sent = reviewed(at, page, **{f"limit-{V2}": "100,000", "reason": "Campaign"})
    answer = at.post(page, sent)
    assert answer.status_code == 422
    assert "An administrator has to set it" in answer.content.decode()
    assert Event.objects.filter(verb="access.denied", detail__permission="limit.set_above").exists()
    chief = browser_of(administrator)
    assert (
        chief.post(page, reviewed(chief, page, **{f"limit-{V2}": "100,000", "reason": "Campaign"})).status_code == 302
    )


def test_a_burst_above_the_threshold_needs_one_too(at, page, her_organization):
    sent = reviewed(at, page, **{f"limit-{V2}": "130", f"burst-{V2}": "1000", "reason": "Campaign"})
    answer = at.post(page, sent)
    assert answer.status_code == 422
    assert "v2 requests a minute, with the burst 1,130 in any one minute" in answer.content.decode()
    assert not LimitRule.objects.filter(organization=her_organization).exists()


def test_a_change_of_somebody_else_is_not_overwritten_unseen(at, page, her_organization):
    sent = reviewed(at, page, **{f"limit-{V2}": "200", "reason": "Campaign"})
    factories.RuleFactory(organization=her_organization, name="v1-minute", api_version="v1", limit=450)
    answer = at.post(page, sent)
    assert answer.status_code == 422
    assert "these limits meanwhile" in answer.content.decode()
    again = answer.context["form"].data
    assert (again[f"limit-{V2}"], again["limit-rate-requests-v1-60"]) == ("200", "450")
    answer = at.post(page, {**again.dict(), "act": "review"})
    assert [row[0] for row in answer.context["differences"]] == ["v2 requests a minute"]


def test_typing_is_answered_with_what_it_means(at, page):
    sent = fields(at, page, **{f"limit-{V2}": "200"})
    answer = at.post(page, sent, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in text
    assert 'id="what-if"' in text
    assert "+67%" in text
    assert "at one instant" in text


def test_a_key_above_its_organization_is_warned_of(at, page, her_organization):
    key = factories.KeyFactory(organization=her_organization, name="farm")
    factories.RuleFactory(key=key, name="key-v2-minute", limit=100)
    sent = fields(at, page, **{f"limit-{V2}": "50"})
    notes = at.post(page, {**sent, "act": "review"}).context["notes"]
    assert any("farm" in note.text for note in notes)


def test_a_viewer_sees_and_cannot_set(viewer, browser_of, page):
    browser = browser_of(viewer)
    text = browser.get(page).content.decode()
    assert "Set limits" not in text
    assert browser.post(page, {"act": "set"}).status_code == 403


def test_a_closed_organization_keeps_its_limits(administrator, browser_of):
    closed = factories.OrganizationFactory(status="closed")
    text = browser_of(administrator).get(reverse("keys:org_limits", args=[closed.uid])).content.decode()
    assert "Set limits" not in text
    assert "is closed" in text


def test_a_temporary_limit_is_ended_before_its_time(at, page, her_organization):
    span = DateTimeTZRange(timezone.now() - timedelta(hours=1), timezone.now() + timedelta(days=2), "[)")
    rule = factories.RuleFactory(organization=her_organization, limit=450, effective=span)
    url = reverse("keys:end_limit", args=[her_organization.uid, rule.uid])
    assert at.get(url).status_code == 200
    assert at.post(url, {"reason": "Over"}).status_code == 302
    assert not LimitRule.objects.filter(organization=her_organization).at(timezone.now()).exists()


def test_a_limit_of_another_organization_is_not_ended_here(at, her_organization, other_organization):
    rule = factories.RuleFactory(organization=other_organization, limit=450)
    assert at.get(reverse("keys:end_limit", args=[her_organization.uid, rule.uid])).status_code == 404
