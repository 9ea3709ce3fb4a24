"""The page of the gateway's API: drawn under the strict policy, from the gateway's own address, without signing in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def stranger(site: Site, browser: Browser) -> Iterator[Visitor]:
    """Somebody who never signed in."""
    context = browser.new_context()
    yield Visitor(context.new_page(), site)
    context.close()


def test_anybody_can_read_the_calls_and_try_them(site: Site, stranger: Visitor) -> None:
    page = stranger.page
    page.goto(f"{site.stack.gateway_url}/gateway/v1/docs")
    _open(page, "/gateway/v1/keys/validate")
    _open(page, "/gateway/v1/generations")
    expect(page.get_by_role("button", name="Try it out").first).to_be_visible()
    assert not stranger.errors, stranger.errors


def _open(page: Page, path: str) -> None:
    operation = page.locator(".opblock", has=page.locator(f'[data-path="{path}"]'))
    operation.locator(".opblock-summary-control").click()
    expect(operation.get_by_text("Request body")).to_be_visible()
