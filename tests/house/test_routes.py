"""Every route × every role, as the table says."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from audit.models import Event
from orgs.models import Organization, Staff
from tests.house.route_arguments import OF_NO_ORGANIZATION, WITHOUT_ARGUMENTS, path_of
from tests.house.routes import BY_POST, GATEWAY, OPEN, OWN, ROLES, ROUTES


def _names(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _names(pattern.url_patterns, space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield prefix + pattern.name


def _all_names() -> set[str]:
    return set(_names(get_resolver().url_patterns))


def test_every_route_is_listed() -> None:
    ours = {name for name in _all_names() if not name.startswith(GATEWAY)}
    unlisted = ours - set(ROUTES) - set(BY_POST) - OPEN - OWN - {"gallery", "gallery_states"}
    assert not unlisted


@pytest.mark.parametrize("route", sorted(ROUTES))
@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_what_the_table_says(
    route: str, role: str, request: pytest.FixtureRequest, her_organization: Organization, browser_of: Any
) -> None:
    person: Staff = request.getfixturevalue(role)
    expected = int(ROUTES[route].split()[ROLES.index(role)])
    answer = browser_of(person).get(path_of(route, her_organization))
    assert answer.status_code == expected
    if expected in (403, 404):
        assert Event.objects.filter(verb="access.denied", actor_id=person.uid).exists()


@pytest.mark.parametrize("route", sorted(BY_POST))
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_post_what_the_table_says(
    route: str, role: str, request: pytest.FixtureRequest, her_organization: Organization, browser_of: Any
) -> None:
    answer = browser_of(request.getfixturevalue(role)).post(path_of(route, her_organization))
    assert answer.status_code == int(BY_POST[route].split()[ROLES.index(role)])


@pytest.mark.parametrize("route", sorted(set(ROUTES) | set(BY_POST)))
def test_nobody_unknown_gets_in(route: str, her_organization: Organization, client: Client) -> None:
    address = path_of(route, her_organization)
    answer = client.post(address) if route in BY_POST else client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_an_address_that_does_not_exist_sends_strangers_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/no/such/page/")["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("route", sorted(set(ROUTES) - WITHOUT_ARGUMENTS - OF_NO_ORGANIZATION))
def test_an_organization_out_of_scope_does_not_exist(
    route: str, account_manager: Staff, other_organization: Organization, browser_of: Any
) -> None:
    _assert_unknown(browser_of(account_manager, proven=True), account_manager, path_of(route, other_organization))


def test_a_plan_that_nobody_made_does_not_exist(account_manager: Staff, browser_of: Any) -> None:
    address = reverse("keys:publish_plan", args=["no-such-plan"])
    _assert_unknown(browser_of(account_manager, proven=True), account_manager, address)


def _assert_unknown(client: Client, person: Staff, address: str) -> None:
    assert client.get(address).status_code == 404
    assert Event.objects.filter(verb="access.denied", actor_id=person.uid, outcome="denied").exists()
