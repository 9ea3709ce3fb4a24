"""What a filter finds, its totals and its pages are one and the same."""

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from keys import filters, orders, totals
from keys.models import ApiKey
from tests import factories
from tests.keys.listing.examples import DAY, NOW, is_in, last_used, some_keys

pytestmark = pytest.mark.django_db

# Each filter, and what it means said once more in plain Python.
MEANT: list[tuple[str, str, Callable[[ApiKey], bool]]] = [
    *(("state", state, lambda key, state=state: is_in(key, state)) for state, _ in filters.states.CHOICES),
    ("environment", "live", lambda key: key.environment == "live"),
    ("environment", "test", lambda key: key.environment == "test"),
    ("org", "Borealis", lambda key: key.organization.name == "Borealis"),
    ("plan", "enterprise", lambda key: key.organization.name == "Cirrus"),
    ("expires", "never", lambda key: key.expires_at is None),
    ("expires", "30d", lambda key: key.expires_at is not None and key.expires_at < NOW + 30 * DAY),
    ("expires", f"{NOW + 100 * DAY:%Y-%m-%d}", lambda key: bool(key.expires_at and key.expires_at < NOW + 99 * DAY)),
    ("unused", "never", lambda key: last_used(key) is None),
    ("unused", "90", lambda key: max(last_used(key) or key.created_at, key.created_at) < NOW - 90 * DAY),
    ("by", "cli", lambda key: key.created_by == "cli"),
    ("check", "overdue", lambda key: is_in(key, "due")),
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
    some_keys(60)
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
            assert counts.rotating == sum(is_in(key, "rotating") for key in keys if key.pk in meant), query
            assert counts.expiring == sum(is_in(key, "expiring") for key in keys if key.pk in meant), query
            assert counts.unused == sum(last_used(key) is None for key in keys if key.pk in meant), query


def test_several_states_are_either_of_them() -> None:
    some_keys(30)
    found = _form(state=["paused", "revoked"]).apply(ApiKey.objects.all())
    assert {key.pk for key in found} == {
        key.pk for key in ApiKey.objects.with_secrets() if is_in(key, "paused") or is_in(key, "revoked")
    }


@pytest.mark.parametrize("order", [value for value, _ in orders.CHOICES])
def test_every_order_is_stable_over_its_pages(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "PER_PAGE", 7)
    some_keys(40)
    values: dict[str, Callable[[ApiKey], Any]] = {
        "name": lambda key: key.name.upper(),
        "organization": lambda key: key.organization.name.upper(),
        "expires": lambda key: key.expires_at or NOW + 9999 * DAY,
        "used": lambda key: last_used(key) or NOW - 9999 * DAY,
        "created": lambda key: key.created_at,
    }
    value = values[order.lstrip("-")]
    is_down = order.startswith("-")
    expected = sorted(ApiKey.objects.with_secrets(), key=lambda key: (value(key), key.pk), reverse=is_down)
    assert [key.pk for key in _walk(_form(), order)] == [key.pk for key in expected]


def test_a_page_stays_where_it_is_when_keys_are_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "PER_PAGE", 3)
    some_keys(9)
    first = orders.page(ApiKey.objects.all(), "-created")
    place = orders.parse(first.on, order="-created")
    second = [key.pk for key in orders.page(ApiKey.objects.all(), "-created", after=place).keys]
    factories.SecretFactory(key__created_at=NOW)
    assert [key.pk for key in orders.page(ApiKey.objects.all(), "-created", after=place).keys] == second
