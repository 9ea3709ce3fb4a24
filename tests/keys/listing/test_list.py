"""The list of keys across organizations: who sees which, its file, its figures, and what is wrong in its address."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import search
from audit.models import Event
from keys import boards, readers, totals
from keys.models import ApiKey, KeyUse, SecretUse
from orgs.models import Staff
from tests import factories
from tests.keys.listing.examples import DAY, NOW, some_keys

pytestmark = pytest.mark.django_db


def test_the_latest_use_of_a_key_is_that_of_any_of_its_secrets() -> None:
    secret = factories.SecretFactory()
    new = factories.SecretFactory(key=secret.key, state="overlap")
    use = KeyUse.objects.get(key=secret.key)
    assert use.last_used_at is None
    for each, at in ((secret, NOW - DAY), (new, NOW - 3 * DAY)):
        SecretUse.objects.create(secret=each, first_used_at=at, last_used_at=at)
    use.refresh_from_db()
    assert use.last_used_at == NOW - DAY
    SecretUse.objects.filter(secret=new).update(last_used_at=NOW)
    use.refresh_from_db()
    assert use.last_used_at == NOW


def test_the_list_asks_the_same_number_of_questions_for_two_keys_and_for_forty(
    administrator: Staff, browser_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How gateways stand is asked anew once in a while, which has nothing to do with the list.
    monkeypatch.setattr(readers, "kept", readers.Kept(clock=lambda: 0.0))
    browser = browser_of(administrator)
    counts = []
    for number in (2, 38):
        some_keys(number, seed=number)
        browser.get("/keys/?order=-used")
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/keys/?order=-used").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_account_manager_counts_and_lists_her_own_alone(
    account_manager: Staff, her_organization: Any, other_organization: Any, browser_of: Any
) -> None:
    mine = factories.SecretFactory(key__organization=her_organization, key__name="mine").key
    other = factories.SecretFactory(key__organization=other_organization, key__name="other").key
    browser = browser_of(account_manager)
    for path in ("/keys/", f"/keys/?org={other_organization.slug}", "/keys/?q=other", "/keys/hygiene/"):
        page = browser.get(path).text
        assert other.uid not in page
        assert other_organization.name not in page
    page = browser.get("/keys/").text
    assert mine.name in page
    assert '<dd class="value">1</dd>' in page
    assert "No organization in your scope has this id or name." in browser.get("/keys/?org=kestrel").text
    file = b"".join(browser.get("/keys/export.csv")).decode()  # type: ignore[arg-type]
    assert mine.uid in file
    assert other.uid not in file


def test_the_file_is_the_filtered_list_without_formulas_and_is_recorded(viewer: Staff, browser_of: Any) -> None:
    factories.SecretFactory(key__name="=cmd()", key__environment="test")
    factories.SecretFactory(key__name="live one")
    answer = browser_of(viewer).get("/keys/export.csv?environment=test")
    lines = b"".join(answer).decode().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("'=cmd(),key_")
    event = Event.objects.get(verb="key.listed")
    assert (event.detail["filter"], event.detail["rows"]) == ("environment=test", 1)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=nonsense", "nonsense is not one of the available choices"),
        ("expires=soon", "Write a day, as in 2026-12-24"),
        ("expires=99999999999d", "at most 10 characters"),
        ("unused=-1", "Write a number of days"),
        ("order=secret", "secret is not one of the available choices"),
    ],
)
def test_what_is_wrong_in_the_address_is_told_at_its_field(
    query: str, said: str, viewer: Staff, browser_of: Any
) -> None:
    factories.SecretFactory(key__name="present")
    page = browser_of(viewer).get(f"/keys/?{query}").text
    assert "Nothing was searched" in page
    assert "present" not in page
    assert said in page


@pytest.mark.parametrize("place", ["x", "WzFd", "WyJ4IiwxXQ", "W251bGwsMV0", "WyIyMDI2IiwxZTk5XQ"])
def test_a_place_that_is_none_is_refused(place: str, viewer: Staff, browser_of: Any) -> None:
    assert browser_of(viewer).get(f"/keys/?after={place}").status_code == 400


def test_a_whole_key_in_the_address_is_cut_to_its_prefix(viewer: Staff, browser_of: Any) -> None:
    secret = factories.SecretFactory()
    answer = browser_of(viewer).get("/keys/", {"q": secret.text})
    assert answer.status_code == 302
    assert secret.text not in answer["Location"]
    assert secret.key.uid in browser_of(viewer).get(answer["Location"]).text


def test_a_figure_opens_just_the_keys_that_it_counts(viewer: Staff, browser_of: Any) -> None:
    some_keys(25)
    browser = browser_of(viewer)
    for label, count, added in totals.facts(totals.of(ApiKey.objects.all(), at=timezone.now())):
        if count:
            page = browser.get(f"/keys/?{urlencode(added)}").text
            assert f'<dd class="value">{count}</dd>' in page, label


def test_counting_ends_at_the_most_and_says_so(viewer: Staff, browser_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "MOST", 3)
    some_keys(8)
    page = browser_of(viewer).get("/keys/").text
    assert '<dd class="value">3+</dd>' in page
    assert "3+ keys" in page


def test_a_count_that_takes_too_long_is_left_out_and_the_list_is_there(
    viewer: Staff, browser_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: Any) -> None:
        raise search.TooSlow

    monkeypatch.setattr(totals, "_counted", slow)
    key = factories.SecretFactory().key
    page = browser_of(viewer).get("/keys/").text
    assert key.uid in page or key.name in page
    assert "Too many keys to count" in page
    assert "Not counted" in browser_of(viewer).get("/keys/hygiene/").text


def test_each_number_of_the_hygiene_board_is_the_list_behind_it(viewer: Staff, browser_of: Any) -> None:
    some_keys(40)
    browser, rows = browser_of(viewer), ApiKey.objects.all()
    cards = boards.cards(rows, user=viewer, at=timezone.now())
    assert all(card.count for card in cards)
    for card in cards:
        assert f'<dd class="value">{card.count}</dd>' in browser.get(card.href).text, card.habit.name
