"""The Live tab in front of real gateways: a job that begins stands there within seconds, by itself or by a reload."""

import json
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.xdist_group("browser")


def call(site: Site, path: str = "keys/validate", method: str = "POST", **fields: Any) -> dict[str, Any]:
    """Call the gateway's API with what the banner says."""
    bearer = re.search(r"Bearer (axg_\w+)", site.curls[0])
    asked = re.search(r'"credential": "(axk_\w+)", "organization": "(org_\w+)"', site.curls[0])
    assert bearer
    assert asked
    body = {"credential": asked[1], "organization": asked[2], "api_version": "v2", **fields}
    headers = {"Authorization": f"Bearer {bearer[1]}", "Content-Type": "application/json"}
    url = f"{site.stack.gateway_url}/gateway/v1/{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        told = answer.read()
        return {"organization": asked[2], **(json.loads(told) if told else {})}


def begun(site: Site) -> str:
    """Begin a job and return its lease; on a machine that is busy a call may be admitted uncounted, without one."""
    for _ in range(20):
        lease = call(site)["lease"]
        if lease:
            return str(lease["id"])
        time.sleep(0.5)
    raise AssertionError("every call was admitted uncounted")


def running(at: Visitor) -> int:
    """How many running jobs the page shows."""
    return at.page.get_by_role("table", name="Running jobs").get_by_role("row").count() - 1


@pytest.mark.parametrize("script", [True, False])
def test_a_job_that_begins_stands_there(visitor: Callable[..., Visitor], script: bool) -> None:
    at = visitor(java_script_enabled=script)
    leases = [begun(at.site)]
    at.page.goto(at.site.url(f"/orgs/{call(at.site, admit=False)['organization']['id']}/live/"))
    if script:
        at.look()
    before = running(at)
    assert before >= 1
    leases.append(begun(at.site))
    if not script:
        at.page.reload()
    at.page.get_by_role("table", name="Running jobs").get_by_role("row").nth(before + 1).wait_for(timeout=10_000)
    for lease in leases:
        call(at.site, f"leases/{lease}", "DELETE")


def test_on_a_phone_and_standing_still(visitor: Callable[..., Visitor]) -> None:
    at = visitor(viewport={"width": 390, "height": 844})
    leases = [begun(at.site) for _ in range(3)]
    at.open(f"/orgs/{call(at.site, admit=False)['organization']['id']}/live/?still=1")
    assert at.page.evaluate("document.documentElement.scrollWidth") <= 390
    before = running(at)
    call(at.site, f"leases/{leases.pop()}", "DELETE")
    at.page.wait_for_timeout(3_000)
    assert running(at) == before
    at.page.get_by_role("link", name="Look again every 2 seconds").click()
    at.page.wait_for_load_state()
    assert running(at) == before - 1
    for lease in leases:
        call(at.site, f"leases/{lease}", "DELETE")


def test_out_of_sight_it_rests(visitor: Callable[..., Visitor]) -> None:
    at = visitor()
    asked: list[str] = []
    at.page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/live/") else None)
    at.page.goto(at.site.url(f"/orgs/{call(at.site, admit=False)['organization']['id']}/live/"))
    at.page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    asked.clear()
    at.page.wait_for_timeout(4_500)
    assert asked == []
    at.page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => false })")
    at.page.wait_for_timeout(3_000)
    assert asked
