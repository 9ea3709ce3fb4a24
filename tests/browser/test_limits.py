"""Limits in a browser: what typing means stands there at once; a raise is set and ended; all of it without script."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_pages import DESK, PHONE

pytestmark = pytest.mark.xdist_group("browser")


def _limits(at: Visitor, name: str) -> str:
    at.page.goto(at.site.url(f"/orgs/?q={name}"))
    found = re.search(r"org_[0-9A-Za-z]{14}", at.page.content())
    assert found
    return f"/orgs/{found[0]}/limits/"


def test_a_raise_is_typed_reviewed_set_and_ended(visitor: Any) -> None:
    at = visitor(viewport=DESK)
    page = at.page
    at.open(f"{_limits(at, 'kestrel')}?temporary=1")
    page.get_by_label("v2 requests a minute", exact=True).fill("900")
    page.get_by_text("+50%").wait_for()
    expect(page.locator("#what-if").get_by_text("Peak use would be")).to_be_visible()
    page.get_by_label("Reason").fill("Trailer week")
    at.look()
    page.get_by_role("button", name="Set limits").click()
    page.get_by_text("1 limit of Kestrel VFX was set.").wait_for()
    at.look()
    page.get_by_role("link", name="End now").click()
    page.locator("#dialog").get_by_label("Reason").fill("It is over")
    page.get_by_role("button", name="End limit now").click()
    page.get_by_text("is ended.").wait_for()
    expect(page.get_by_role("link", name="End now")).to_have_count(0)


def test_what_is_wrong_is_said_while_somebody_types(visitor: Any) -> None:
    at = visitor(viewport=PHONE)
    at.page.goto(at.site.url(_limits(at, "kestrel")))
    at.page.get_by_label("v2 requests a minute", exact=True).fill("many")
    at.page.get_by_text("Write a whole number, such as 1,150.").wait_for()
    at.look()


def test_limits_are_set_without_script(visitor: Any) -> None:
    at = visitor(java_script_enabled=False)
    page = at.page
    page.goto(at.site.url(_limits(at, "vantage")))
    page.get_by_label("v2 requests a minute", exact=True).fill("150")
    page.get_by_role("button", name="Review").click()
    expect(page.locator("main")).to_contain_text("+25%")
    page.get_by_label("Reason").fill("Trying without script")
    page.get_by_role("button", name="Set limits").click()
    expect(page.locator("body")).to_contain_text("1 limit of Vantage Motion was set.")
