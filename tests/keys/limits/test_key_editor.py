"""The page Limits of a key: it holds the key's calls down further, and raises nothing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keys.models import ApiKey, LimitRule
from orgs.models import Organization, Staff
from tests import factories
from tests.keys.limits.test_editor import V2, fields, reviewed


@pytest.fixture
def key(her_organization: Organization) -> ApiKey:
    return factories.KeyFactory(organization=her_organization, name="farm", api_versions=["v2"])


@pytest.fixture
def page(key: ApiKey) -> str:
    return reverse("keys:key_limits", args=[key.uid])


@pytest.fixture
def at(account_manager: Staff, browser_of: Any) -> Client:
    return browser_of(account_manager)


def test_what_the_organization_has_stands_beside_an_empty_field(at, page):
    entries = [entry for entry, _, _ in at.get(page).context["rows"]]
    # The key calls no v1.
    assert [(entry.code, entry.bound.limit, entry.own) for entry in entries] == [(V2, 120, None)]


def test_a_key_is_held_down_by_its_account_manager(at, page, key):
    assert at.post(page, reviewed(at, page, **{f"limit-{V2}": "20", "reason": "A test key"})).status_code == 302
    rule = LimitRule.objects.get(key=key)
    assert (rule.limit, rule.organization) == (20, None)
    assert at.get(page).context["rows"][0][0].own == rule


def test_a_number_above_the_organizations_is_warned_of_and_raises_nothing(at, page):
    answer = at.post(page, {**fields(at, page, **{f"limit-{V2}": "500"}), "act": "review"})
    assert next(note.title for note in answer.context["notes"]) == "A key is set higher than its organization"
    assert not answer.context["threshold"]


def test_an_empty_number_takes_the_keys_own_limit_away(at, page, key):
    factories.RuleFactory(key=key, name="key-v2-minute", limit=20)
    assert at.post(page, reviewed(at, page, **{f"limit-{V2}": "", "reason": "Grown up"})).status_code == 302
    assert not LimitRule.objects.filter(key=key).at(timezone.now()).exists()


def test_the_history_of_a_key_is_its_own(at, page, key, her_organization):
    at.post(page, reviewed(at, page, **{f"limit-{V2}": "20", "reason": "A test key"}))
    other = factories.KeyFactory(organization=her_organization)
    feed = at.get(page).context["feed"]
    assert len(feed) == 1
    assert not at.get(reverse("keys:key_limits", args=[other.uid])).context["feed"]


def test_a_revoked_keys_limits_stay_as_they_are(at, her_organization):
    revoked = factories.KeyFactory(organization=her_organization, state="revoked")
    text = at.get(reverse("keys:key_limits", args=[revoked.uid])).content.decode()
    assert "Set limits" not in text
