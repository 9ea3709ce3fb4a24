"""Keys across organizations: what the filter finds, its totals, its pages and its file are one and the same."""

import itertools
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import search
from audit.models import Event
from keys import boards, filters, orders, totals
from keys.models import ApiKey, KeyUse, SecretUse
from orgs.models import Staff
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


def _some_keys(number: int, *, seed: int = 7) -> list[ApiKey]:
    """Keys of every kind there is, of three organizations, some with contacts, on two plans."""
    chance = random.Random(seed)
    organizations = [
        factories.OrganizationFactory(name="Aurora Post"),
        factories.OrganizationFactory(name="Borealis"),
        factories.OrganizationFactory(name="Cirrus", plan_version__plan__code="enterprise"),
    ]
    factories.ContactFactory(organization=organizations[1], kind="security")
    return [_a_key(chance, chance.choice(organizations), place) for place in range(number)]


def _a_key(chance: random.Random, organization: Any, place: int) -> ApiKey:
    secret = factories.SecretFactory(
        key__organization=organization,
        key__name=f"{chance.choice(['render', 'preview', 'Batch'])}-{place}",
        key__environment=chance.choice(["live", "test"]),
        key__state=chance.choice(["active", "active", "active", "paused", "revoked"]),
        key__expires_at=chance.choice([None, NOW - DAY, NOW + 3 * DAY, NOW + 200 * DAY]),
        key__created_at=NOW - chance.choice([1, 50, 120, 300]) * DAY,
        key__created_by=chance.choice(["Ines", "cli"]),
        key__rotate_every=chance.choice([None, 60 * DAY]),
        created_at=NOW - 100 * DAY,
        imported_prefix=chance.choice(["", "", "old_"]),
    )
    if chance.random() < 0.3:
        factories.SecretFactory(key=secret.key, state="overlap", overlap_until=NOW + DAY)
    if chance.random() < 0.5:
        used = NOW - chance.choice([1, 100]) * DAY
        SecretUse.objects.create(secret=secret, first_used_at=used, last_used_at=used)
    return secret.key


def _is_running(key: ApiKey) -> bool:
    return key.state == "active" and (key.expires_at is None or key.expires_at > NOW)


def _state(key: ApiKey, state: str) -> bool:
    is_expired = key.expires_at is not None and key.expires_at <= NOW
    return {
        "active": lambda: _is_running(key),
        "rotating": lambda: _is_running(key) and key.is_rotating(at=NOW),
        "due": lambda: _is_running(key) and (due := key.rotation_due_at(at=NOW)) is not None and due <= NOW,
        "expiring": lambda: _is_running(key) and key.expires_at is not None and key.expires_at <= NOW + 30 * DAY,
        "paused": lambda: key.state == "paused" and not is_expired,
        "expired": lambda: is_expired and key.state != "revoked",
        "revoked": lambda: key.state == "revoked",
    }[state]()


def _last_used(key: ApiKey) -> Any:
    return key.last_use.last_used_at if key.last_use else None


# Each filter, and what it means said once more in plain Python.
MEANT: list[tuple[str, str, Callable[[ApiKey], bool]]] = [
    *(("state", state, lambda key, state=state: _state(key, state)) for state, _ in filters.states.CHOICES),
    ("environment", "live", lambda key: key.environment == "live"),
    ("environment", "test", lambda key: key.environment == "test"),
    ("org", "Borealis", lambda key: key.organization.name == "Borealis"),
    ("plan", "enterprise", lambda key: key.organization.name == "Cirrus"),
    ("expires", "never", lambda key: key.expires_at is None),
    ("expires", "30d", lambda key: key.expires_at is not None and key.expires_at < NOW + 30 * DAY),
    ("expires", f"{NOW + 100 * DAY:%Y-%m-%d}", lambda key: bool(key.expires_at and key.expires_at < NOW + 99 * DAY)),
    ("unused", "never", lambda key: _last_used(key) is None),
    ("unused", "90", lambda key: max(_last_used(key) or key.created_at, key.created_at) < NOW - 90 * DAY),
    ("by", "cli", lambda key: key.created_by == "cli"),
    ("check", "overdue", lambda key: _state(key, "due")),
    ("check", "no-contact", lambda key: key.organization.name != "Borealis"),
    (
        "check",
        "imported",
        lambda key: any(each.imported_prefix and each.state != "retired" for each in key.secrets.all()),
    ),
    ("q", "batch", lambda key: "batch" in key.name.lower()),
]


class Reader:
    """Somebody who sees everything."""

    id, is_active = 1, True

    @property
    def grants(self) -> tuple[Any, ...]:
        from orgs.policy import Grant

        return (Grant("viewer"),)


def _form(**query: Any) -> filters.KeyFilter:
    form = filters.KeyFilter(QueryDict(urlencode(query, doseq=True)), user=Reader(), at=NOW)  # type: ignore[arg-type]
    assert form.is_valid(), form.errors
    return form


def _walk(form: filters.KeyFilter, order: str) -> list[ApiKey]:
    """Every key of the list, page by page to the end, and the same way back."""
    found, place = [], None
    pages = []
    while True:
        page = orders.page(form.apply(ApiKey.objects.all()), order, after=place)
        pages.append([key.pk for key in page.keys])
        found += page.keys
        if not page.on:
            break
        place = orders.parse(page.on, order=order)
    for expected in reversed(pages[:-1]):
        page = orders.page(form.apply(ApiKey.objects.all()), order, before=orders.parse(page.back, order=order))
        assert [key.pk for key in page.keys] == expected
    assert len({key.pk for key in found}) == len(found)
    return found


def test_each_filter_finds_what_it_says_and_its_totals_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "PER_PAGE", 7)
    _some_keys(60)
    keys = list(ApiKey.objects.with_secrets())
    for (name, value, means), (other, further, means_too) in itertools.combinations_with_replacement(MEANT, 2):
        query = {name: value} | ({other: further} if other != name else {})
        form = _form(**query)
        meant = {key.pk for key in keys if means(key) and (other == name or means_too(key))}
        counts = totals.of(form.apply(ApiKey.objects.all()), at=NOW)
        assert counts.keys == len(meant), query
        assert counts.active + counts.paused + counts.expired + counts.revoked == counts.keys, query
        assert counts.live + counts.test == counts.keys, query
        if other == name:
            assert {key.pk for key in _walk(form, orders.NEWEST)} == meant, query
            assert counts.rotating == sum(_state(key, "rotating") for key in keys if key.pk in meant), query
            assert counts.expiring == sum(_state(key, "expiring") for key in keys if key.pk in meant), query
            assert counts.unused == sum(_last_used(key) is None for key in keys if key.pk in meant), query


def test_several_states_are_either_of_them() -> None:
    _some_keys(30)
    found = _form(state=["paused", "revoked"]).apply(ApiKey.objects.all())
    assert {key.pk for key in found} == {
        key.pk for key in ApiKey.objects.with_secrets() if _state(key, "paused") or _state(key, "revoked")
    }


@pytest.mark.parametrize("order", [value for value, _ in orders.CHOICES])
def test_every_order_is_stable_over_its_pages(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "PER_PAGE", 7)
    _some_keys(40)
    values: dict[str, Callable[[ApiKey], Any]] = {
        "name": lambda key: key.name.upper(),
        "organization": lambda key: key.organization.name.upper(),
        "expires": lambda key: key.expires_at or NOW + 9999 * DAY,
        "used": lambda key: _last_used(key) or NOW - 9999 * DAY,
        "created": lambda key: key.created_at,
    }
    value = values[order.lstrip("-")]
    is_down = order.startswith("-")
    expected = sorted(ApiKey.objects.with_secrets(), key=lambda key: (value(key), key.pk), reverse=is_down)
    assert [key.pk for key in _walk(_form(), order)] == [key.pk for key in expected]


def test_a_page_stays_where_it_is_when_keys_are_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "PER_PAGE", 3)
    _some_keys(9)
    first = orders.page(ApiKey.objects.all(), "-created")
    place = orders.parse(first.on, order="-created")
    second = [key.pk for key in orders.page(ApiKey.objects.all(), "-created", after=place).keys]
    factories.SecretFactory(key__created_at=NOW)
    assert [key.pk for key in orders.page(ApiKey.objects.all(), "-created", after=place).keys] == second


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
    administrator: Staff, browser_of: Any
) -> None:
    browser = browser_of(administrator)
    counts = []
    for number in (2, 38):
        _some_keys(number, seed=number)
        browser.get("/keys/?order=-used")
        with CaptureQueriesContext(
            connection,
        ) as asked:
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
    _some_keys(25)
    browser = browser_of(viewer)
    for label, count, added in totals.facts(totals.of(ApiKey.objects.all(), at=timezone.now())):
        if count:
            page = browser.get(f"/keys/?{urlencode(added)}").text
            assert f'<dd class="value">{count}</dd>' in page, label


def test_counting_ends_at_the_most_and_says_so(viewer: Staff, browser_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "MOST", 3)
    _some_keys(8)
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
    _some_keys(40)
    browser, rows = browser_of(viewer), ApiKey.objects.all()
    cards = boards.cards(rows, user=viewer, at=timezone.now())
    assert all(card.count for card in cards)
    for card in cards:
        assert f'<dd class="value">{card.count}</dd>' in browser.get(card.href).text, card.habit.name
