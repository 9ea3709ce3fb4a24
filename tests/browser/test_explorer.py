"""The explorer follows its filter without loading the page anew, and Back finds what was there before."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.xdist_group("browser")

# Only a page that was not loaded anew still knows it.
STAY, STAYED = "window.stayed = true", "window.stayed === true"


def _stays(page: Page, address: str) -> None:
    page.wait_for_url(f"**{address}")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    assert page.evaluate(STAYED)


def test_grain_group_filter_and_bar_swap_the_board(visitor: Callable[..., Visitor]) -> None:
    at = visitor()
    page = at.page
    page.goto(at.site.url("/usage/?range=30d"))
    page.evaluate(STAY)
    page.locator(".seg").get_by_role("link", name="Month").click()
    _stays(page, "/usage/?range=30d&grain=month")
    expect(page.locator(".seg a[aria-current]")).to_have_text("Month")
    expect(page.locator(".seg a[aria-current]")).to_be_focused()
    page.locator(".pick-box", has_text="Group by").locator("summary").click()
    page.locator(".pick-box[open]").get_by_role("link", name="Tier", exact=True).click()
    _stays(page, "/usage/?range=30d&grain=month&by=tier")
    expect(page.get_by_role("heading", name="Generations a month by tier")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("Generations a month by tier")
    at.look()
    page.go_back()
    page.wait_for_url("**/usage/?range=30d&grain=month")
    expect(page.get_by_role("heading", name="Generations a month by version")).to_be_visible()


def test_enter_on_a_bar_narrows_to_it(visitor: Callable[..., Visitor]) -> None:
    at = visitor()
    page = at.page
    page.goto(at.site.url("/usage/?range=30d"))
    page.evaluate(STAY)
    page.locator(".plot").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_url("**/usage/?*from=*")
    assert page.evaluate(STAYED)
    expect(page.locator(".plot")).to_be_focused()
