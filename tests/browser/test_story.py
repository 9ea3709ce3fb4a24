"""The main job, from signing in to the audit log, on the running stack."""

import json
import re
import subprocess
import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from audit import uuid7
from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.xdist_group("browser")

NAME = "Lanternhouse Story"


class Gateway:
    """The generation gateway, over HTTP with its own credential."""

    def __init__(self, site: Site) -> None:
        self.url, bearer = site.stack.gateway_url, re.search(r"Bearer (axg_\w+)", site.curls[0])
        assert bearer
        self.headers = {"Authorization": f"Bearer {bearer[1]}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/gateway/v1/{path}", json.dumps(body).encode(), self.headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def validate(self, credential: str, organization: str) -> dict[str, Any]:
        asked = {"credential": credential, "organization": organization, "api_version": "v2"}
        return self.post("keys/validate", {**asked, "client_ip": "203.0.113.7", "user_agent": "story/1"})

    def report(self, organization: str, public_id: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        generation = {
            "generation_id": str(uuid7.make(now)),
            "organization": organization,
            "key": public_id,
            "api_version": "v2",
            "outcome": "succeeded",
            "units": 1,
            "occurred_at": now.isoformat(timespec="milliseconds"),
            "resolution": "2K",
        }
        return self.post("generations", {"source": "story", "generations": [generation]})


def test_from_signing_in_to_the_audit_log(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    visitor, gateway = Visitor(context.new_page(), site), Gateway(site)
    visitor.page.goto(site.url("/orgs/"))
    visitor.look()
    visitor.sign_in()
    visitor.look()
    uid = _make_organization(visitor)
    credential = _issue_key(visitor)
    verdict = gateway.validate(credential, uid)
    assert (verdict["code"], verdict["key"]["name"]) == ("VALID", "story-key")
    answer = gateway.report(uid, verdict["key"]["public_id"])
    assert answer["summary"]["accepted"] == 1
    _see_usage(visitor, uid)
    _revoke(visitor, uid)
    assert gateway.validate(credential, uid)["code"] == "REVOKED"
    _find_all_of_it(visitor, uid, credential)
    context.close()


def _make_organization(visitor: Visitor) -> str:
    page = visitor.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Organizations").click()
    page.get_by_role("link", name="New organization").first.click()
    visitor.look()
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_label("Technical contact").fill("platform@lantern.example")
    page.get_by_role("button", name="Create draft").click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    visitor.look()
    page.get_by_role("link", name="Activate").click()
    visitor.look()
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("main").get_by_text("Active", exact=True)).to_be_visible()
    uid = re.search(r"org_\w+", page.url)
    assert uid
    return uid[0]


def _issue_key(visitor: Visitor) -> str:
    page = visitor.page
    page.locator(".page-head").get_by_role("link", name="Issue key").click()
    page.get_by_label("Name", exact=True).fill("story-key")
    visitor.look()
    page.get_by_label("Your password").fill(visitor.site.password)
    page.get_by_role("button", name="Issue key").click()
    secret = page.locator("[data-secret]")
    expect(secret).to_be_visible()
    visitor.look()
    text = secret.inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(secret).to_be_visible()
    page.get_by_label("I have stored the secret").check()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("heading", name="story-key")).to_be_visible()
    visitor.look()
    assert text not in page.content()
    return text


def _see_usage(visitor: Visitor, uid: str) -> None:
    visitor.open(f"/orgs/{uid}/usage/")
    expect(visitor.page.locator(".stats .value").first).to_have_text("1")
    visitor.page.get_by_text("Show as table").first.click()
    visitor.look()


def _revoke(visitor: Visitor, uid: str) -> None:
    page = visitor.page
    visitor.open(f"/orgs/{uid}/keys/")
    page.get_by_role("link", name="story-key").click()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_label("Kind of reason").select_option("no_longer_used")
    page.get_by_label("Reason", exact=True).fill("The story is over")
    visitor.look()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_text("Revoked on")).to_be_visible()
    visitor.look()


def _find_all_of_it(visitor: Visitor, uid: str, credential: str) -> None:
    page = visitor.page
    visitor.open(f"/audit/?q={NAME.replace(' ', '+')}")
    for sentence in ("created Lanternhouse Story", "activated", "issued key story-key", "revoked key story-key"):
        expect(page.locator("details.event").get_by_text(sentence).first).to_be_visible()
    assert credential not in page.content()
    page.locator("details.event", has_text="revoked key story-key").locator("summary").click()
    page.get_by_role("link", name="Open this event").locator("visible=true").click()
    visitor.look()
    expect(page.get_by_text("The story is over").first).to_be_visible()


def test_the_banners_commands_can_be_pasted_as_they_are(site: Site) -> None:
    answers = [
        json.loads(subprocess.run(["bash", "-c", line], check=True, capture_output=True, timeout=120).stdout)
        for line in site.curls
    ]
    assert answers[0]["code"] == "VALID"
    assert answers[1]["summary"]["accepted"] == 1
    assert answers[2]["code"] == "REVOKED"
