"""The Live tab in front of real gateways: a job that begins stands there within seconds, by itself or by a reload."""

import json
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, expect

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
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = answer.read()
        return {"organization": asked[2], **(json.loads(told) if told else {})}


class Job(NamedTuple):
    """A job that was begun: its lease, and the decision by which the page tells it."""

    lease: str
    decision: str


def begun(site: Site) -> Job:
    """Begin a job; on a machine that is busy a call may be admitted uncounted, without a lease."""
    for _ in range(60):
        verdict = call(site)
        if verdict["lease"]:
            return Job(verdict["lease"]["id"], verdict["decision_id"])
        time.sleep(0.5)
    raise AssertionError("every call was admitted uncounted")


def row(at: Visitor, job: Job) -> Locator:
    """The line of the page that tells of the job."""
    return at.page.get_by_role("table", name="Running jobs").get_by_text(job.decision, exact=True)


def await_shown(at: Visitor, *jobs: Job) -> None:
    """Load the page until it tells of these jobs: of a machine that is busy the counter store may answer too late."""
    for _ in range(60):
        if all(row(at, job).count() for job in jobs):
            return
        at.page.wait_for_timeout(500)
        at.page.reload()
    raise AssertionError("the page does not tell of what runs")


def end(site: Site, job: Job) -> None:
    call(site, f"leases/{job.lease}", "DELETE")


@pytest.mark.parametrize("script", [True, False])
def test_a_job_that_begins_stands_there(visitor: Callable[..., Visitor], script: bool) -> None:
    at = visitor(java_script_enabled=script)
    first = begun(at.site)
    at.page.goto(at.site.url(f"/orgs/{call(at.site, admit=False)['organization']['id']}/live/"))
    await_shown(at, first)
    if script:
        at.look()
    second = begun(at.site)
    if script:
        expect(row(at, second)).to_be_visible()
    else:
        await_shown(at, first, second)
    for job in (first, second):
        end(at.site, job)


def test_on_a_phone_and_standing_still(visitor: Callable[..., Visitor]) -> None:
    at = visitor(viewport={"width": 390, "height": 844})
    ended, *others = jobs = [begun(at.site) for _ in range(3)]
    at.open(f"/orgs/{call(at.site, admit=False)['organization']['id']}/live/?still=1")
    await_shown(at, *jobs)
    assert at.page.evaluate("document.documentElement.scrollWidth") <= 390
    end(at.site, ended)
    at.page.wait_for_timeout(3_000)
    assert row(at, ended).count() == 1
    at.page.get_by_role("link", name="Look again every 2 seconds").click()
    expect(row(at, ended)).to_have_count(0)
    for job in others:
        expect(row(at, job)).to_be_visible()
        end(at.site, job)


def test_out_of_sight_it_rests(visitor: Callable[..., Visitor]) -> None:
    at = visitor()
    asked: list[str] = []
    at.page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/live/") else None)
    at.page.goto(at.site.url(f"/orgs/{call(at.site, admit=False)['organization']['id']}/live/"))
    at.page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    # What was asked for before is told of first.
    at.page.wait_for_timeout(1_000)
    asked.clear()
    at.page.wait_for_timeout(4_500)
    assert asked == []
    with at.page.expect_request(lambda request: request.url.endswith("/live/")):
        at.page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => false })")
