"""What the page of a key says first, and which buttons it has for whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from keys import decided, standings
from keys.models import ApiKey
from keys.ranges import RANGES
from tests.factories import KeyFactory, SecretFactory

NOW = timezone.now()
DAY = timedelta(days=1)


def said(**fields: Any) -> list[str]:
    """The titles of what is said of such a key that has a secret."""
    secret = SecretFactory(**{f"key__{name}": value for name, value in fields.items()})
    return [each.title for each in standings.of(ApiKey.objects.with_secrets().get(pk=secret.key_id), at=NOW)]


@pytest.mark.parametrize(
    ("fields", "titles"),
    [
        ({}, []),
        ({"state": "revoked", "not_before": NOW + DAY}, ["Revoked on"]),
        ({"expires_at": NOW - DAY, "state": "paused"}, ["Expired on"]),
        ({"state": "paused", "expires_at": NOW + DAY}, ["Paused on", "Expires on"]),
        ({"not_before": NOW + DAY}, ["Works from"]),
        ({"expires_at": NOW + 31 * DAY}, []),
        ({"rotate_every": DAY, "created_at": NOW - 9 * DAY}, []),
        ({"organization__status": "suspended", "organization__name": "Acme"}, ["Acme is suspended."]),
    ],
)
def test_what_is_wrong_comes_first(fields: dict[str, Any], titles: list[str], db: None) -> None:
    assert said(**fields) == titles


def test_two_secrets_and_a_due_rotation_are_told(db: None) -> None:
    old = SecretFactory(state="overlap", overlap_until=NOW + DAY, key__rotate_every=DAY)
    SecretFactory(key=old.key, created_at=NOW - 9 * DAY)
    key = ApiKey.objects.with_secrets().get(pk=old.key_id)
    assert [each.title for each in standings.of(key, at=NOW)] == ["Both secrets work until", "Rotation due since"]


@pytest.mark.parametrize(
    ("role", "state", "buttons"),
    [
        ("key_admin", "active", "edit pause revoke rotate"),
        ("key_admin", "paused", "edit revoke rotate resume"),
        ("key_admin", "revoked", ""),
        ("account_manager", "active", "pause revoke"),
        ("account_manager", "paused", "revoke"),
        ("viewer", "active", ""),
    ],
)
def test_a_person_is_offered_what_they_may_do(
    role: str, state: str, buttons: str, her_organization: Any, request: pytest.FixtureRequest, browser_of: Any
) -> None:
    key = KeyFactory(organization=her_organization, state=state)
    page = browser_of(request.getfixturevalue(role)).get(f"/keys/{key.uid}/").text
    head = page.split('class="page-head"')[1].split("</div>\n  </div>")[0].split('class="tabs"')[0]
    offered = [
        name for name in ("edit", "pause", "revoke", "rotate", "resume") if f'href="/keys/{key.uid}/{name}/"' in head
    ]
    assert offered == buttons.split()
    assert head.count('class="btn primary"') == (1 if "rotate" in buttons else 0)


def test_a_paused_key_s_page_says_why(viewer: Any, browser_of: Any) -> None:
    key = KeyFactory(state="paused", pause_reason="The customer asked", pause_ticket="SUP-7")
    page = browser_of(viewer).get(f"/keys/{key.uid}/").text
    assert "Its calls are refused with PAUSED. Reason: The customer asked (SUP-7)" in page


def test_the_page_is_shown_while_the_counter_store_is_away(
    viewer: Any, browser_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keys import freshness

    monkeypatch.setattr(freshness, "refresh", lambda organization: False)
    page = browser_of(viewer).get(f"/keys/{SecretFactory().key.uid}/")
    assert page.status_code == 200
    assert "the counter store does not answer" in page.text


def test_why_a_key_is_paused_is_said_as_its_reason(db: None) -> None:
    secret = SecretFactory(key__state="paused", key__pause_reason="looks odd", key__pause_ticket="SUP-1")
    (told,) = standings.of(ApiKey.objects.with_secrets().get(pk=secret.key_id), at=NOW)
    assert told.text == "Its calls are refused with PAUSED. Reason: looks odd (SUP-1)"


@pytest.mark.parametrize(
    ("refused", "leading"),
    [
        ([], ""),
        ([("EXPIRED", "", 2)], "EXPIRED"),
        ([("EXPIRED", "", 2), ("PAUSED", "", 2)], ""),
        ([("PAUSED", "", 3), ("RATE_LIMITED", "a", 2), ("RATE_LIMITED", "b", 2)], "RATE_LIMITED"),
    ],
)
def test_the_code_that_refused_most_is_named_where_there_is_one(
    refused: list[tuple[str, str, int]], leading: str
) -> None:
    rows = [decided.Refused(*each) for each in refused]
    assert decided.History(RANGES[0], [], {}, rows).leading == leading
