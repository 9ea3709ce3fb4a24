"""Pilots in a browser: accessible in both themes and on a phone, changed in dialogs, converted, and without script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.xdist_group("browser")

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def at(request: pytest.FixtureRequest, visitor: Callable[..., Visitor]) -> Visitor:
    """A visitor at a desk, and one on a phone."""
    return visitor(viewport=request.param)


def _page_of(at: Visitor, name: str) -> str:
    at.page.goto(at.site.url("/pilots/?state=all"))
    at.page.get_by_role("link", name=name).first.click()
    at.page.wait_for_url("**/pilot/")
    return re.sub(r"^https?://[^/]+", "", at.page.url)


def _open(at: Visitor, path: str) -> None:
    at.open(path)
    wide = at.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{path} scrolls sideways by {wide} px"


@pytest.mark.parametrize("query", ["", "?state=soon", "?state=all&q=nobody"])
def test_the_board(query: str, at: Visitor) -> None:
    _open(at, f"/pilots/{query}")


@pytest.mark.parametrize("part", ["", "extend/", "change/", "cancel/", "convert/"])
def test_a_page_of_a_pilot(part: str, at: Visitor) -> None:
    _open(at, f"{_page_of(at, 'Tessera')}{part}")


def test_converting_shows_what_changes(at: Visitor) -> None:
    _open(at, f"{_page_of(at, 'Bramble')}convert/")
    expect(at.page.get_by_role("row", name=re.compile("Plan Pilot, version"))).to_have_count(1)


def test_the_overview_has_the_pilot_in_a_card(at: Visitor) -> None:
    at.page.goto(at.site.url(_page_of(at, "Tessera").removesuffix("pilot/")))
    at.page.get_by_text("No security contact").wait_for()
    at.look()


def test_an_extension_in_a_dialog(visitor: Any) -> None:
    at = visitor(viewport=DESK)
    at.page.goto(at.site.url(_page_of(at, "Tessera")))
    at.page.get_by_role("link", name="Extend pilot").first.click()
    dialog = at.page.locator("#dialog")
    dialog.get_by_label("Last day").fill("2026-01-01")
    dialog.get_by_label("Reason").fill("Two more reviews are planned")
    dialog.get_by_role("button", name="Extend pilot").click()
    dialog.get_by_text("Choose a later end than it has now.").first.wait_for()
    at.look()


def test_without_script_a_line_is_ticked_and_taken_back(visitor: Any) -> None:
    at = visitor(java_script_enabled=False)
    at.page.goto(at.site.url(_page_of(at, "Bramble")))
    for said, back in (("Met", "Not met"), ("Not met", "Met")):
        at.page.get_by_role("button", name=re.compile(f"^{said} The art director")).click()
        at.page.get_by_role("button", name=re.compile(f"^{back} The art director")).wait_for()
