"""A real Chromium in front of a whole stack with demo data; every page that it opens is checked."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests import stack as stacks

pytestmark = pytest.mark.xdist_group("browser")

# The machine that tests is busy: whatever comes is waited for so long, and no longer than it takes.
MILLISECONDS = 60_000
expect.set_options(timeout=MILLISECONDS)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    "preload": False,
}
# Runs before any script of the page: what the policy refused is told at the end.
LISTEN = """document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`);
});"""


def chromium() -> str | None:
    """Where the browser is: AXIS_CHROMIUM, or else on the PATH."""
    return os.environ.get("AXIS_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the machine's own Chromium; without one these tests are skipped, and fail under CI."""
    path = chromium()
    if path is None:
        assert os.environ.get("CI") != "true", "There is no Chromium: set AXIS_CHROMIUM or put one on the PATH."
        pytest.skip("there is no Chromium")
    return {"executable_path": path, "args": FLAGS, "headless": True}


@dataclass
class Site:
    """The running stack, and what its banner said."""

    stack: stacks.Stack
    email: str
    password: str
    curls: list[str]

    def url(self, path: str) -> str:
        return f"{self.stack.staff_url}{path}"


@pytest.fixture(scope="session")
def site(browser_type_launch_args: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with stacks.running(tmp_path_factory.mktemp("browser") / "var") as running:
        said = re.search(r"sign in as (\S+) with the password (\S+)", running.output)
        assert said, running.output
        curls = [line for line in running.output.splitlines() if line.startswith("curl ")]
        yield Site(running, said[1], said[2], curls)


class Visitor:
    """A person's browser. `look` checks the page that it shows: accessibility in both themes, and the policy."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page, self.site, self.errors = page, site, []  # type: tuple[Page, Site, list[str]]
        page.set_default_timeout(MILLISECONDS)
        page.add_init_script(LISTEN)
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        # A refused form is answered 422, which the browser counts among its errors.
        if kind == "error" and "422" not in text:
            self.errors.append(text)

    def open(self, path: str) -> None:
        """Open a page of the site and check it."""
        self.page.goto(self.site.url(path))
        self.look()

    def look(self) -> None:
        """Check what is shown now, light and dark."""
        self.page.wait_for_load_state("networkidle")
        # What waits for its answer is dimmed, and is dark again a moment after it came.
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
        self.page.wait_for_timeout(300)
        # Further down, whatever happens to lie under the bar that stays at the top would be too small to be hit.
        self.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        assert not self.errors, f"{self.page.url}: {self.errors}"
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = Axe().run(self.page, options=AXE).response["violations"]
            assert not found, self._told(scheme, found)
        self.page.emulate_media(color_scheme="light")
        # axe tries styles of its own, which the policy refuses.
        self.errors.clear()

    def sign_in(self) -> None:
        self.page.goto(self.site.url("/"))
        self.page.get_by_label("E-mail").fill(self.site.email)
        self.page.get_by_label("Password").fill(self.site.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(self.site.url("/"))

    def _told(self, scheme: str, found: list[dict[str, Any]]) -> str:
        places = [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"][:3]]
        return f"{self.page.url}, {scheme}:\n" + "\n".join(places)


@pytest.fixture(scope="session")
def session_state(site: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One sign-in for all tests that do not test signing in."""
    path = tmp_path_factory.mktemp("session") / "state.json"
    context = browser.new_context()
    Visitor(context.new_page(), site).sign_in()
    context.storage_state(path=path)
    context.close()
    return path


@pytest.fixture
def visitor(site: Site, browser: Browser, session_state: Path) -> Iterator[Callable[..., Visitor]]:
    """Make a signed-in visitor; keywords go to the browser's context, as `viewport` does."""
    contexts = []

    def make(**options: Any) -> Visitor:
        context = browser.new_context(storage_state=session_state, **options)
        contexts.append(context)
        return Visitor(context.new_page(), site)

    yield make
    for context in contexts:
        context.close()
