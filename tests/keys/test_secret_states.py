"""A secret's badge is true of its key too, and by the clock."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from keys import freshness, states
from keys.models import ApiKey
from orgs.models import Staff
from tests.factories import KeyFactory, SecretFactory, UseFactory

NOW = timezone.now()
DAY = timedelta(days=1)


def labels(key: ApiKey) -> set[str]:
    secrets = ApiKey.objects.with_secrets().get(pk=key.pk).secrets.all()
    return {states.of_secret(secret, at=NOW).label for secret in secrets}


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({}, "Current"),
        ({"state": "paused"}, "Current"),
        ({"state": "revoked"}, "Revoked"),
        ({"expires_at": NOW - DAY}, "Expired"),
        ({"expires_at": NOW - DAY, "state": "revoked"}, "Revoked"),
        ({"expires_at": NOW + DAY}, "Current"),
    ],
)
def test_a_secret_is_not_current_where_its_key_is_over(fields: dict[str, Any], label: str, db: None) -> None:
    key = KeyFactory(**fields)
    SecretFactory(key=key)
    SecretFactory(key=key, state="retired")
    assert labels(key) == {label, "Retired"}


def test_a_rotation_that_has_begun_is_told_before_any_sweep(db: None) -> None:
    old = SecretFactory(overlap_until=NOW + DAY)
    SecretFactory(key=old.key, state="pending", activates_at=NOW + 2 * DAY)
    assert labels(old.key) == {"Current", "Pending"}
    begun = SecretFactory(overlap_until=NOW + DAY)
    SecretFactory(key=begun.key, state="pending", activates_at=NOW - DAY)
    assert labels(begun.key) == {"Current", "Old"}


@pytest.mark.parametrize("path", ["/keys/{}/", "/keys/{}/rotation/"])
def test_the_pages_of_a_revoked_key_call_none_of_its_secrets_current(path: str, viewer: Staff, browser_of: Any) -> None:
    secret = SecretFactory(key=KeyFactory(state="revoked"))
    browser: Client = browser_of(viewer)
    shown = browser.get(path.format(secret.key.uid)).context["secrets"]
    assert [seen.label for _, seen in shown] == ["Revoked"]


def test_the_current_secret_comes_first_and_what_is_over_last(db: None) -> None:
    retired = SecretFactory(state="retired", retired_at=NOW)
    key = retired.key
    old = SecretFactory(key=key, state="overlap", overlap_until=NOW + DAY)
    current = SecretFactory(key=key)
    pending = SecretFactory(key=key, state="pending", activates_at=NOW + DAY)
    cancelled = SecretFactory(key=key, state="retired", activates_at=NOW + 2 * DAY, retired_at=NOW)
    found = states.of_secrets(ApiKey.objects.with_secrets().get(pk=key.pk), at=NOW)
    assert [(secret, seen.label) for secret, seen in found] == [
        (current, "Current"),
        (old, "Old"),
        (pending, "Pending"),
        (cancelled, "Cancelled"),
        (retired, "Retired"),
    ]


def test_one_that_began_and_stopped_later_was_not_cancelled(db: None) -> None:
    secret = SecretFactory(state="retired", activates_at=NOW - 2 * DAY, retired_at=NOW - DAY)
    assert labels(secret.key) == {"Retired"}


def test_the_page_reads_the_last_use_after_it_was_written_down(
    viewer: Staff, browser_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = SecretFactory()
    monkeypatch.setattr(freshness, "refresh", lambda _: bool(UseFactory(secret=secret, last_used_at=timezone.now())))
    assert browser_of(viewer).get(f"/keys/{secret.key.uid}/").context["state"].label == "Active"
