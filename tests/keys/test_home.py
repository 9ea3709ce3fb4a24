"""What of keys stands on the first page, for whom, and when it is today's."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from orgs.models import Organization, Staff
from tests.factories import SecretFactory, UseFactory

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_key_stands_there_for_thirty_days_before_it_expires(key_admin: Staff, browser_of: Any) -> None:
    for name, left in (("soon", 29 * DAY), ("tomorrow", 20 * HOUR), ("later", 31 * DAY), ("over", -DAY)):
        SecretFactory(key__name=name, key__expires_at=timezone.now() + left)
    SecretFactory(key__name="revoked", key__expires_at=timezone.now() + DAY, key__state="revoked")
    context = browser_of(key_admin).get("/").context
    assert [item["text"] for item in context["today"]] == ["Key tomorrow expires"]
    assert [item["text"] for item in context["later"]] == ["Key soon expires"]


def test_an_overlap_stands_there_with_the_old_secret_s_last_use(key_admin: Staff, browser_of: Any) -> None:
    now = timezone.now()
    old = SecretFactory(state="overlap", overlap_began_at=now - HOUR, overlap_until=now + HOUR)
    UseFactory(secret=old, last_used_at=now - 3 * HOUR)
    (item,) = browser_of(key_admin).get("/").context["today"]
    assert item["text"] == f"Old secret of {old.key} ends"
    assert "last used 3 h ago" in item["note"]
    assert item["href"] == f"/keys/{old.key.uid}/rotation/"


def test_who_does_not_look_after_keys_is_told_of_none(
    billing: Staff, key_admin: Staff, her_organization: Organization, browser_of: Any
) -> None:
    SecretFactory(key__organization=her_organization, key__expires_at=timezone.now() + DAY)
    for person, count in ((billing, 0), (key_admin, 1)):
        answer = browser_of(person).get("/")
        assert len([*answer.context["today"], *answer.context["later"]]) == count
        assert ("/hygiene/" in answer.text) is bool(count)


def test_an_account_manager_sees_her_own_alone(
    account_manager: Staff, her_organization: Organization, other_organization: Organization, browser_of: Any
) -> None:
    for organization in (her_organization, other_organization):
        SecretFactory(key__organization=organization, key__expires_at=timezone.now() + DAY)
    (item,) = browser_of(account_manager).get("/").context["today"]
    assert str(her_organization) in item["note"]
