"""A person who has looked a secret up reports it; the credential itself does not come along."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from audit.models import Event
from keys import leaks
from keys.models import KeySecret, LeakReport
from tests.factories import GatewayFactory, SecretFactory

FORM = {"source": "the customer", "url": "https://example.com/paste/7", "exposed_since": "2026-11-01T08:00"}


def seen(client: Any, text: str) -> str:
    """Paste the text, and return what the button carries in its place."""
    found = client.post("/lookup/", {"q": text}).context["finds"][0]
    act = next(act for act in found.acts if act.label == "Report as leaked")
    return parse_qs(urlsplit(act.href).query)["seen"][0]


def test_what_matches_is_reported_and_stands_on_its_page(key_admin: Any, browser_of: Any, secret: KeySecret) -> None:
    client = browser_of(key_admin)
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False):
        answer = client.post("/leaks/new/", {**FORM, "seen": seen(client, secret.text)})
    leak = LeakReport.objects.get()
    assert answer["Location"] == f"/leaks/{leak.uid}/"
    assert (leak.secret, leak.source, leak.url, leak.outcome) == (secret, FORM["source"], FORM["url"], "")
    assert f"{leak.exposed_since:%F %H:%M}" == "2026-11-01 08:00"
    event = Event.objects.get(verb="leak.reported")
    assert (event.target_id, event.actor_id) == (secret.key.uid, key_admin.uid)
    assert event.sentence == "Kim reported render-farm-prod of Halide & Sons as leaked, seen by the customer"


def test_nothing_is_reported_by_looking_up(key_admin: Any, browser_of: Any, secret: KeySecret) -> None:
    client = browser_of(key_admin)
    before = Event.objects.count()
    seen(client, secret.text)
    assert not LeakReport.objects.exists()
    assert Event.objects.count() == before


def test_a_gateway_s_credential_is_reported_too(administrator: Any, browser_of: Any) -> None:
    client, gateway = browser_of(administrator), GatewayFactory(name="gw-lisbon")
    client.post("/leaks/new/", {**FORM, "seen": seen(client, gateway.text)})
    page = client.get(f"/leaks/{LeakReport.objects.get().uid}/").text
    assert f"/gateways/{gateway.uid}/revoke/" in page
    assert f"/gateways/{gateway.uid}/rotate/" in page


def test_a_dead_secret_is_reported_as_one(key_admin: Any, browser_of: Any) -> None:
    client, dead = browser_of(key_admin), SecretFactory(state="retired")
    client.post("/leaks/new/", {**FORM, "seen": seen(client, dead.text)})
    assert LeakReport.objects.get().outcome == "already_dead"


def test_a_second_report_leads_to_the_first(key_admin: Any, browser_of: Any, leak: LeakReport) -> None:
    client = browser_of(key_admin)
    text = leaks.seen_by(key_admin, leak.secret)
    assert client.post("/leaks/new/", {**FORM, "seen": text})["Location"] == f"/leaks/{leak.uid}/"
    assert LeakReport.objects.count() == 1
    found = client.post("/lookup/", {"q": leak.secret.text}).context["finds"][0]
    assert [act.label for act in found.acts] == ["See leak", "Open"]


@pytest.mark.parametrize("text", ["", "made up", "WyJzdGZfeCIsImtleSIsMV0:1:x"])
def test_what_was_not_looked_up_is_not_reported(text: str, key_admin: Any, browser_of: Any) -> None:
    answer = browser_of(key_admin).post("/leaks/new/", {**FORM, "seen": text})
    assert answer["Location"] == "/lookup/"
    assert not LeakReport.objects.exists()


def test_what_another_person_has_looked_up_is_not_one_s_own(
    key_admin: Any, administrator: Any, browser_of: Any, secret: KeySecret
) -> None:
    text = leaks.seen_by(administrator, secret)
    assert browser_of(key_admin).post("/leaks/new/", {**FORM, "seen": text})["Location"] == "/lookup/"


def test_a_look_up_of_long_ago_is_forgotten(key_admin: Any, browser_of: Any, secret: KeySecret) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=2)):
        text = leaks.seen_by(key_admin, secret)
    assert browser_of(key_admin).post("/leaks/new/", {**FORM, "seen": text})["Location"] == "/lookup/"


def test_whoever_only_looks_reports_nothing(viewer: Any, browser_of: Any, secret: KeySecret) -> None:
    client = browser_of(viewer)
    found = client.post("/lookup/", {"q": secret.text}).context["finds"][0]
    assert [act.label for act in found.acts] == ["Open"]
    assert client.post("/leaks/new/", {**FORM, "seen": leaks.seen_by(viewer, secret)}).status_code == 403


def test_a_secret_out_of_one_s_reach_is_not_reported(account_manager: Any, browser_of: Any) -> None:
    text = leaks.seen_by(account_manager, SecretFactory())
    assert browser_of(account_manager).post("/leaks/new/", {**FORM, "seen": text}).status_code == 403
    assert not LeakReport.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": ""}, "source"),
        ({"url": "nowhere"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"exposed_since": "2999-01-01T00:00"}, "exposed_since"),
        ({"exposed_since": ""}, "exposed_since"),
    ],
)
def test_bad_input_stands_at_its_field(
    change: dict[str, str], field: str, key_admin: Any, browser_of: Any, secret: KeySecret
) -> None:
    form = {**FORM, **change, "seen": leaks.seen_by(key_admin, secret)}
    answer = browser_of(key_admin).post("/leaks/new/", form)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not LeakReport.objects.exists()


def test_a_whole_key_is_no_address(key_admin: Any, browser_of: Any, secret: KeySecret) -> None:
    form = {**FORM, "url": f"https://example.com/?q={secret.text}", "seen": leaks.seen_by(key_admin, secret)}
    answer = browser_of(key_admin).post("/leaks/new/", form)
    assert "url" in answer.context["form"].errors
