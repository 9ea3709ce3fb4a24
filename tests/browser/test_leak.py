"""A leaked key, from the paste box to the allow-list that contains it, on the running stack."""

import json
import re
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.xdist_group("browser")

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def demo_credential(site: Site) -> tuple[str, str]:
    """The demo key's credential and its organization, from the request that the banner tells to try."""
    found = re.search(r'"credential": "(axk_\w+)", "organization": "(org_\w+)"', site.curls[0])
    assert found
    return found[1], found[2]


def use(site: Site, address: str) -> None:
    """Call with the demo key, as a customer at this address."""
    credential, organization = demo_credential(site)
    bearer = re.search(r"Bearer (axg_\w+)", site.curls[0])
    assert bearer
    asked = {"credential": credential, "organization": organization, "api_version": "v2", "client_ip": address}
    request = urllib.request.Request(
        f"{site.stack.gateway_url}/gateway/v1/keys/validate",
        json.dumps(asked).encode(),
        {"Authorization": f"Bearer {bearer[1]}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["code"] == "VALID"


def look_up(page: Page, text: str) -> None:
    page.get_by_label("Paste anything", exact=True).fill(text)
    page.get_by_role("button", name="Look up").click()
    expect(page.locator(".found")).to_be_visible()


def test_from_the_paste_box_to_containing(site: Site, visitor: Callable[..., Visitor]) -> None:
    use(site, "203.0.113.7")
    at = visitor(viewport=DESK)
    page, (credential, _) = at.page, demo_credential(site)
    at.open("/")
    look_up(page, f"Authorization: Bearer {credential}")
    at.look()
    expect(page.get_by_label("Paste anything", exact=True)).to_have_value("")
    assert credential not in page.content()
    page.get_by_role("link", name="Report as leaked").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Seen by").fill("the customer")
    at.look()
    dialog.get_by_role("button", name="Report as leaked").click()
    page.wait_for_url("**/leaks/lek_*/")
    at.look()
    expect(page.locator(".callout").first).to_contain_text("This secret works")
    _contain(at)
    expect(page.locator(".callout").first).to_contain_text("Contained")
    _holds_on_a_phone(visitor, page.url)


def _contain(at: Visitor) -> None:
    page = at.page
    page.get_by_role("link", name="Contain").click()
    dialog = page.locator("dialog[open]")
    # Its first call was after the exposure as it was reported, so that nothing is taken for known.
    dialog.get_by_label("203.0.113.7").check()
    at.look()
    dialog.get_by_role("button", name="Contain key").click()
    expect(dialog).to_have_count(0)


def _holds_on_a_phone(visitor: Callable[..., Visitor], url: str) -> None:
    at = visitor(viewport=PHONE)
    at.page.goto(url)
    at.look()
    assert at.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_the_palette_finds_while_one_types(visitor: Callable[..., Visitor]) -> None:
    at = visitor(viewport=DESK)
    at.open("/keys/")
    page = at.page
    page.keyboard.press("Control+k")
    page.keyboard.type("halide", delay=20)
    found = page.locator("#palette-found a").first
    expect(found).to_contain_text("Organization Halide & Sons")
    at.look()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orgs/org_*/")


def test_the_palette_keeps_nothing(site: Site, visitor: Callable[..., Visitor]) -> None:
    at, (credential, _) = visitor(viewport=DESK), demo_credential(site)
    at.open("/")
    page = at.page
    page.keyboard.press("Control+k")
    page.keyboard.insert_text(credential)
    expect(page.locator("#palette-found li").first).to_contain_text("Secret axk_live_")
    page.keyboard.press("Escape")
    expect(page.locator("#palette-found li")).to_have_count(0)
    assert page.locator("#palette input[name=q]").input_value() == ""
    assert credential not in page.url


def test_a_file_is_dropped_on_the_box(site: Site, visitor: Callable[..., Visitor]) -> None:
    at, (credential, _) = visitor(viewport=DESK), demo_credential(site)
    at.open("/")
    at.page.get_by_label("or a file, up to 5 MiB").set_input_files(
        {"name": "app.log", "mimeType": "text/plain", "buffer": f"x\n{credential}\n".encode()}
    )
    at.page.get_by_role("button", name="Look up").click()
    expect(at.page.locator(".finds li").first).to_contain_text("Secret axk_live_")


def test_it_works_without_script(site: Site, visitor: Callable[..., Visitor]) -> None:
    at, (credential, _) = visitor(java_script_enabled=False), demo_credential(site)
    at.page.goto(at.site.url("/"))
    look_up(at.page, credential)
    assert at.page.url.endswith("/lookup/")
    assert credential not in at.page.content()
    expect(at.page.locator(".finds li").first).to_contain_text("Secret axk_live_")
