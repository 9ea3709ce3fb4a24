"""Every page of the staff site with demo data: accessible in both themes, within the policy, no sideways scroll."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.xdist_group("browser")

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LISTS = [
    "/",
    "/orgs/",
    "/orgs/new/",
    "/keys/",
    "/keys/hygiene/",
    "/jobs/",
    "/gateways/",
    "/gateways/new/",
    "/usage/",
    "/capacity/",
    "/capacity/?view=list",
    "/capacity/new/",
    "/capacity/reserve/",
    "/capacity/lisbon-a/",
    "/capacity/lisbon-a/change/",
    "/capacity/lisbon-a/capacity/",
    "/audit/",
    "/no/such/page/",
]
OF_ORGANIZATION = [
    "", "edit/", "keys/", "keys/new/", "refusals/", "usage/", "contacts/", "capacity/", "history/",
    "limits/", "limits/?temporary=1",
    "suspend/", "close/", "plan/",
]  # fmt: skip
STATES = ["draft", "pilot", "active", "suspended", "closed"]


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def at(request: pytest.FixtureRequest, visitor: Callable[..., Visitor]) -> Visitor:
    """A visitor at a desk, and one on a phone."""
    return visitor(viewport=request.param)


def _open(at: Visitor, path: str) -> None:
    at.open(path)
    # 404 is what one of them is for, and the browser says so.
    wide = at.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{path} scrolls sideways by {wide} px"


def _first(at: Visitor, path: str, pattern: str) -> str:
    at.page.goto(at.site.url(path))
    found = re.search(pattern, at.page.content())
    assert found, f"nothing like {pattern} on {path}"
    return found[0]


@pytest.mark.parametrize("path", LISTS)
def test_a_list(path: str, at: Visitor) -> None:
    if path == "/no/such/page/":
        at.page.on("console", lambda message: at.errors.clear())
    _open(at, path)


@pytest.mark.parametrize("part", OF_ORGANIZATION)
def test_a_page_of_an_organization(part: str, at: Visitor) -> None:
    uid = _first(at, "/orgs/?status=active", r"org_\w{14}")
    _open(at, f"/orgs/{uid}/{part}")


@pytest.mark.parametrize("part", ["", "extend/", "shorten/", "cancel/"])
def test_a_page_of_a_reservation(part: str, at: Visitor) -> None:
    _open(at, f"{_first(at, '/capacity/', r'/capacity/reservations/rsv_[0-9A-Za-z]{14}/')}{part}")


@pytest.mark.parametrize("state", STATES)
def test_an_organization_in_each_state(state: str, at: Visitor) -> None:
    _open(at, f"/orgs/{_first(at, f'/orgs/?status={state}', r'org_[0-9A-Za-z]{14}')}/")


@pytest.mark.parametrize("state", ["active", "rotating", "paused", "expired", "revoked"])
def test_a_key_in_each_state(state: str, at: Visitor) -> None:
    _open(at, f"/keys/{_first(at, f'/keys/?state={state}', r'key_[0-9A-Za-z]{14}')}/")


@pytest.mark.parametrize(
    "part", ["edit/", "pause/", "rotate/", "revoke/", "history/", "refusals/?range=7d", "dry-run/", "limits/"]
)
def test_a_page_of_a_key(part: str, at: Visitor) -> None:
    _open(at, f"/keys/{_first(at, '/keys/?state=active', r'key_[0-9A-Za-z]{14}')}/{part}")


@pytest.mark.parametrize("part", ["", "revoke/"])
def test_a_page_of_a_gateway(part: str, at: Visitor) -> None:
    _open(at, f"/gateways/{_first(at, '/gateways/', r'gwc_[0-9A-Za-z]{14}')}/{part}")


def test_a_refusal(at: Visitor) -> None:
    key = _first(at, "/keys/?state=paused", r"key_[0-9A-Za-z]{14}")
    _open(at, _first(at, f"/keys/{key}/refusals/?range=7d", r"/refusals/[0-9a-f]{32}/"))


def test_a_refusal_opens_in_its_row(visitor: Any) -> None:
    at = visitor(viewport=DESK)
    key = _first(at, "/keys/?state=paused", r"key_[0-9A-Za-z]{14}")
    at.page.goto(at.site.url(f"/keys/{key}/refusals/?range=7d"))
    at.page.locator("details.event summary").first.click()
    opened = at.page.locator("details.event").first
    opened.get_by_text("the key is paused", exact=True).first.wait_for()
    expect(opened.get_by_role("button", name="Copy the sentence")).to_be_visible()


def test_an_event(at: Visitor) -> None:
    _open(at, _first(at, "/audit/", r"/audit/[0-9a-f-]{36}/"))


@pytest.mark.parametrize("density", ["comfortable", "compact"])
def test_compact_pages_hold_too(density: str, visitor: Any) -> None:
    at = visitor(viewport=DESK)
    at.page.context.add_cookies([{"name": "axis-density", "value": density, "url": at.site.url("/")}])
    _open(at, "/orgs/")
    assert at.page.locator("html").get_attribute("data-density") == density


def test_pages_work_without_script(visitor: Any) -> None:
    at = visitor(java_script_enabled=False)
    at.page.goto(at.site.url("/orgs/?status=active&q=second"))
    at.page.locator("td a.lead").first.click()
    for step in ("Suspend", "Reinstate"):
        at.page.locator(".page-head").get_by_role("link", name=step).click()
        at.page.get_by_label("Reason").fill("Trying without script")
        at.page.get_by_role("button", name=step).click()
        at.page.wait_for_url("**/orgs/org_*/")
    expect(at.page.locator("body")).to_contain_text("may call again")
