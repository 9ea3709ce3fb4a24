"""No rendered page holds a style or a script of its own, whatever its templates and its data say."""

import re
from typing import Any

import pytest

from orgs.models import Organization, Staff
from tests import factories
from tests.house.route_arguments import path_of
from tests.house.routes import ROUTES

HOSTILE = '"><script>alert(1)</script><b style="color:red" onclick="x" hx-on:click="y">'
REFUSED = {
    "a style": re.compile(r"<[^>]+\sstyle\s*=", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.I),
    "an event handler": re.compile(r"<[^>]+\s(on\w+|hx-on[:\w-]*)\s*=", re.I),
    "a script address": re.compile(r"(href|src|action)\s*=\s*[\"']?\s*(javascript|data):", re.I),
}


@pytest.fixture
def hostile(her_organization: Organization) -> None:
    """Names that would be markup if any page took them for it."""
    factories.SecretFactory(key__organization=her_organization, key__name=HOSTILE[:80])
    factories.ContactFactory(organization=her_organization, name=HOSTILE)
    factories.GatewayFactory(name=HOSTILE[:80])
    factories.OrganizationFactory(name=HOSTILE, slug="hostile", account_manager=factories.StaffFactory(name=HOSTILE))


@pytest.mark.parametrize("fragment", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("route", sorted(route for route in ROUTES if ":export" not in route))
def test_a_page_holds_neither_style_nor_script(
    route: str,
    fragment: bool,
    hostile: None,
    administrator: Staff,
    her_organization: Organization,
    browser_of: Any,
) -> None:
    headers = {"HX-Request": "true"} if fragment else {}
    page = browser_of(administrator).get(path_of(route, her_organization), headers=headers).text
    found = {what: pattern.search(page) for what, pattern in REFUSED.items()}
    assert not [f"{what}: {match[0][:120]}" for what, match in found.items() if match]
    assert "<script>alert" not in page
