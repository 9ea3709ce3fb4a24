"""A key goes to a customer by a one-time link: from the form to the first call, two browsers on the running stack."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, Visitor
from tests.browser.test_story import Gateway

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def customer(site: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Somebody else's browser: it has never seen the staff site."""
    contexts = []

    def make(**options: object) -> Visitor:
        context = browser.new_context(**options)
        contexts.append(context)
        return Visitor(context.new_page(), site)

    yield make
    for context in contexts:
        context.close()


def _issued(visitor: Visitor, name: str) -> tuple[str, str]:
    """Issue a key behind a link; returns the organization's id and the link."""
    page = visitor.page
    visitor.open("/orgs/")
    page.locator("table a.lead").first.click()
    page.locator(".page-head").get_by_role("link", name="Issue key").click()
    page.get_by_label("Name", exact=True).fill(name)
    expect(page.get_by_label("For whom")).to_be_hidden()
    page.get_by_text("One-time link, which I pass on").click()
    page.get_by_label("For whom").fill("Ops <ops@studio.example>")
    visitor.look()
    password = page.get_by_label("Your password")
    if password.count():
        password.fill(visitor.site.password)
    page.get_by_role("button", name="Issue key").click()
    link = page.locator("[data-secret]")
    expect(link).to_be_visible()
    visitor.look()
    text = link.inner_text()
    page.get_by_label("I have passed the link on").check()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Not opened")).to_be_visible()
    visitor.look()
    return re.findall(r"org_\w+", page.content())[0], text


def _show(page: Page) -> str:
    page.get_by_role("button", name="Show the key").click()
    secret = page.locator("[data-secret]")
    expect(secret).to_be_visible()
    return secret.inner_text()


def test_from_the_form_to_the_first_call(
    site: Site, visitor: Callable[..., Visitor], customer: Callable[..., Visitor]
) -> None:
    staff, studio = visitor(), customer()
    thief = customer(viewport={"width": 390, "height": 844}, user_agent="Another browser")
    organization, link = _issued(staff, "handed-over")

    staff.page.goto(link)
    expect(staff.page.get_by_text("This link is for the customer")).to_be_visible()

    studio.page.goto(link)
    expect(studio.page.get_by_label("The link, or what stands")).to_be_hidden()
    studio.look()
    credential = _show(studio.page)
    assert "#" not in studio.page.url
    studio.look()
    assert Gateway(site).validate(credential, organization)["code"] == "VALID"

    thief.page.goto(link)
    thief.page.get_by_role("button", name="Show the key").click()
    expect(thief.page.get_by_role("heading", name="This link opens nothing")).to_be_visible()
    thief.errors.clear()
    thief.look()

    staff.errors.clear()
    staff.open("/keys/links/")
    expect(staff.page.get_by_text("Opened again").first).to_be_visible()
    staff.page.get_by_role("link", name="Settle").first.click()
    expect(staff.page.get_by_label("Reason")).to_be_visible()
    staff.look()


def test_it_cannot_be_left_before_the_key_is_stored(
    visitor: Callable[..., Visitor], customer: Callable[..., Visitor]
) -> None:
    _, link = _issued(visitor(), "guarded")
    page = customer().page
    page.goto(link)
    _show(page)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("I have stored the key").focus()
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    assert asked == ["beforeunload"]
    page.get_by_label("I have stored the key").check()


def test_without_script_the_link_is_pasted(visitor: Callable[..., Visitor], customer: Callable[..., Visitor]) -> None:
    _, link = _issued(visitor(), "without-script")
    page = customer(java_script_enabled=False, viewport={"width": 390, "height": 844}).page
    page.goto(link)
    page.get_by_label("The link, or what stands").fill(link)
    assert _show(page).startswith("axk_live_")
    assert page.locator("[data-copy]").first.is_hidden()


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_links_scrolls_sideways(
    width: int, visitor: Callable[..., Visitor], customer: Callable[..., Visitor]
) -> None:
    size = {"viewport": {"width": width, "height": 844}}
    staff, studio = visitor(**size), customer(**size)
    _, link = _issued(visitor(), f"narrow-{width}")
    staff.open("/keys/links/")
    pages = [staff.page]
    staff.page.get_by_role("link", name="Resend").first.click()
    expect(staff.page.get_by_text("A new secret, behind a new link.")).to_be_visible()
    staff.look()
    studio.page.goto(link)
    _show(studio.page)
    for page in [*pages, studio.page]:
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_script_a_double_click_opens_once(
    visitor: Callable[..., Visitor], customer: Callable[..., Visitor]
) -> None:
    _, link = _issued(visitor(), "double-click")
    page = customer(java_script_enabled=False).page
    page.goto(link)
    page.get_by_label("The link, or what stands").fill(link)
    page.get_by_role("button", name="Show the key").dblclick(delay=20)
    expect(page.locator("[data-secret]")).to_be_visible()
