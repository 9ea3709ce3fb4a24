"""A reservation that does not fit, and the nearest that does; with script and without."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.xdist_group("browser")

# The pool of the demo data that is full today has room on each of its days for these, a month from now.
POOL, WHO = "lisbon-a", "Palomar Post"


def _ask(page: Page, *, units: str, first: int, last: int) -> None:
    today = timezone.now().date()
    page.get_by_label("Organization", exact=True).select_option(label=WHO)
    page.get_by_label("Pool", exact=True).select_option(POOL)
    page.get_by_label("Units", exact=True).fill(units)
    page.get_by_label("First day").fill((today + timedelta(days=first)).isoformat())
    page.get_by_label("Last day").fill((today + timedelta(days=last)).isoformat())
    page.get_by_role("radio", name="As a hold").check()
    page.get_by_role("button", name="Reserve", exact=True).click()


@pytest.mark.parametrize("script", [True, False])
def test_what_does_not_fit_is_offered_when_it_does(visitor: Callable[..., Visitor], script: bool) -> None:
    at = visitor(java_script_enabled=script)
    page = at.page
    page.goto(at.site.url("/capacity/"))
    page.get_by_role("link", name="Reserve", exact=True).click()
    _ask(page, units="2", first=0, last=3)
    page.get_by_role("alert").get_by_text("no unit is free on").wait_for()
    if script:
        at.look()
        assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    before = page.get_by_label("First day").input_value()
    page.get_by_role("button", name="Use ").first.click()
    page.get_by_role("alert").wait_for(state="detached")
    assert page.get_by_label("First day").input_value() > before
    page.get_by_role("button", name="Reserve", exact=True).click()
    page.wait_for_url("**/capacity/reservations/**")
    expect(page.get_by_text("A hold until")).to_be_visible()
    # Given back, so that the pool is as it was.
    page.get_by_role("link", name="Cancel reservation").click()
    page.get_by_label("Reason").fill("only looked")
    page.get_by_role("button", name="Cancel reservation").click()
    page.get_by_text("Its units are free for others since then.").wait_for()


def test_on_a_phone_the_timeline_shows_now(visitor: Callable[..., Visitor]) -> None:
    at = visitor(viewport={"width": 390, "height": 800})
    page = at.page
    page.goto(at.site.url("/capacity/"))
    page.wait_for_load_state("networkidle")
    now = page.locator(".gantt .mark-line.now").first.evaluate("line => line.getBoundingClientRect().left")
    assert 0 < now < 390
