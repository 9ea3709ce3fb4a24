"""Many keys at once, in a browser: tick, review, run, leave, come back."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.xdist_group("browser")

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def _review(at: Visitor, *, reason: str) -> None:
    at.page.get_by_label("Reason").fill(reason)
    password = at.page.get_by_label("Your password")
    if password.count():
        password.fill(at.site.password)
    at.page.get_by_role("button", name="Review").click()


@pytest.mark.parametrize(("viewport", "days"), [(DESK, "90"), (PHONE, "180")], ids=["desk", "phone"])
def test_tick_review_run_leave_and_come_back(viewport: dict[str, int], days: str, visitor: Any) -> None:
    at = visitor(viewport=viewport)
    at.open("/keys/?state=active")
    boxes = at.page.locator("input[name=key]")
    for place in (0, 1):
        boxes.nth(place).check()
    expect(at.page.get_by_text("2 selected")).to_be_visible()
    at.page.get_by_role("button", name="Change a field").click()
    at.look()
    at.page.locator("select[name=rotate_every]").select_option(days)
    _review(at, reason="Agreed on with the customers")
    at.look()
    at.page.get_by_role("button", name=re.compile(r"Change a field of \d keys?")).click()
    at.page.wait_for_url("**/jobs/*/")
    job = at.page.url
    at.page.goto(at.site.url("/orgs/"))
    at.page.goto(job)
    expect(at.page.get_by_text(re.compile(r"done[.,]"))).to_be_visible()
    expect(at.page.locator("#results").get_by_text(f"every {days} days").first).to_be_visible()
    at.look()
    at.open("/jobs/")
    expect(at.page.get_by_role("link", name=re.compile("Change a field of")).first).to_be_visible()


def test_a_job_that_ends_while_it_is_looked_at_says_so_by_itself(visitor: Any) -> None:
    at = visitor(viewport=DESK)
    at.page.goto(at.site.url("/keys/?environment=test"))
    at.page.get_by_label(re.compile(r"All \d+ keys? that match")).check()
    at.page.get_by_role("button", name="Set expiry").click()
    at.page.get_by_label("Expires").first.select_option("30")
    _review(at, reason="Test keys live a month")
    at.page.get_by_role("button", name=re.compile("Set the expiry of")).click()
    expect(at.page.get_by_text(re.compile(r"done[.,]"))).to_be_visible()
    expect(at.page.get_by_role("button", name="Stop job")).to_have_count(0)
    expect(at.page.locator("#results").get_by_text("Waiting")).to_have_count(0)


def test_views_are_saved_renamed_and_removed(visitor: Any) -> None:
    at = visitor(viewport=DESK)
    at.page.goto(at.site.url("/keys/?unused=90"))
    at.page.get_by_role("link", name="Save view").click()
    at.page.get_by_label("Name", exact=True).fill("Idle")
    at.page.get_by_role("button", name="Save view").click()
    expect(at.page.get_by_role("navigation", name="Your views").get_by_text("Idle")).to_be_visible()
    at.look()
    at.page.get_by_role("link", name="Rename view").click()
    at.page.get_by_label("Name", exact=True).fill("Silent")
    at.page.get_by_role("button", name="Rename view").click()
    expect(at.page.get_by_role("link", name="Silent")).to_be_visible()
    at.page.get_by_role("button", name="Remove view").click()
    expect(at.page.get_by_role("link", name="Silent")).to_have_count(0)


def test_selecting_and_filtering_work_without_script(visitor: Any) -> None:
    at = visitor(java_script_enabled=False)
    at.page.goto(at.site.url("/keys/"))
    at.page.locator("details.pick-box", has_text="State").locator("summary").click()
    at.page.get_by_role("link", name="Paused").click()
    at.page.wait_for_url("**/keys/?state=paused")
    at.page.locator("input[name=key]").first.check()
    at.page.get_by_role("button", name="Set expiry").click()
    _review(at, reason="Trying without script")
    at.page.get_by_role("button", name=re.compile("Set the expiry of 1 key")).click()
    at.page.wait_for_url("**/jobs/*/")
    expect(at.page.get_by_role("heading", name="Set the expiry of 1 key")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_where_mail_is_not_set_up_one_rotates_many_and_hands_each_over(viewport: dict[str, int], visitor: Any) -> None:
    at = visitor(viewport=viewport)
    at.open("/keys/?environment=test&state=active&order=-name")
    boxes = at.page.locator("input[name=key]")
    boxes.nth(0 if viewport is DESK else 1).check()
    at.page.get_by_role("button", name="Rotate").click()
    expect(at.page.get_by_label("I hand each over myself")).to_be_checked()
    at.look()
    _review(at, reason="Agreed on with the customers")
    at.look()
    at.page.get_by_role("button", name="Rotate 1 key").click()
    at.page.wait_for_url("**/jobs/*/")
    expect(at.page.get_by_text(re.compile(r"done[.,]"))).to_be_visible()
    at.page.goto(at.page.url)
    at.look()
    at.page.locator("#results").get_by_role("link", name="Hand over").click()
    at.look()
    at.open("/keys/links/")
    at.page.get_by_role("link", name="Hand over").first.click()
    expect(at.page.get_by_text("A fresh secret, behind a link")).to_be_visible()
    at.look()
    password = at.page.get_by_label("Your password")
    if password.count():
        password.fill(at.site.password)
    at.page.get_by_role("button", name="Hand over secret").click()
    expect(at.page.locator("[data-secret]")).to_be_visible()
    at.look()
