from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import ResolverMatch

from axis_admin import shell
from tests.ui.conftest import HOSTILE, Person


@pytest.fixture
def every_page(monkeypatch):
    """Pages of apps that this test does not need are there by name."""
    monkeypatch.setattr(shell, "_address", lambda name: "/" + name.replace(":", "/") + "/")


def match(view_name: str) -> ResolverMatch:
    *spaces, name = view_name.split(":")
    return ResolverMatch(lambda request: None, (), {}, name, namespaces=spaces)


def labels(request) -> list[str]:
    return [entry["label"] for group in shell.around(request)["groups"] for entry in group["entries"]]


@pytest.mark.usefixtures("every_page")
def test_a_person_sees_only_the_pages_that_they_may_open(asking):
    manager = Person(permissions=frozenset({"organization.see", "key.see", "usage.see", "audit.see"}))
    work = ["Home", "Accounts", "Organizations", "Keys", "Pilots"]
    metering = ["Usage", "Billing periods", "Adjustments", "Rejects", "Exports"]
    assert labels(asking(staff=manager)) == [*work, *metering, "Plans", "Audit log", "Jobs"]
    assert labels(asking(staff=Person(permissions=frozenset()))) == ["Home"]
    assert labels(asking(staff=Person()))[-1] == "Gateways"


@pytest.mark.usefixtures("every_page")
def test_a_group_without_entries_is_left_out(asking):
    groups = shell.around(asking(staff=Person(permissions=frozenset({"audit.see"}))))["groups"]
    assert [group["label"] for group in groups] == ["Work", "Control"]


def test_a_page_that_the_surface_does_not_have_is_not_offered(asking, monkeypatch):
    monkeypatch.setattr(shell, "_address", lambda name: "" if name == "keys:index" else f"/{name}/")
    assert "Keys" not in labels(asking(staff=Person()))


@pytest.mark.usefixtures("every_page")
def test_a_stranger_sees_no_navigation(asking):
    around = shell.around(asking())
    assert around["person"] is None
    assert around["groups"] == []


@pytest.mark.parametrize(
    ("view_name", "label"),
    [
        ("home", "Home"),
        ("orgs:suspend", "Organizations"),
        ("keys:for_org", "Organizations"),
        ("keys:issue", "Organizations"),
        ("keys:org_refusals", "Organizations"),
        ("audit:job", "Jobs"),
        ("metering:for_org", "Organizations"),
        ("metering:org_periods", "Organizations"),
        ("metering:contract", "Organizations"),
        ("metering:edit_contract", "Organizations"),
        ("keys:detail", "Keys"),
        ("keys:revoke_gateway", "Gateways"),
        ("metering:index", "Usage"),
        ("audit:event", "Audit log"),
    ],
)
def test_the_current_entry_follows_the_page(view_name, label):
    request = RequestFactory().get("/")
    request.resolver_match = match(view_name)
    assert shell.current(request).label == label


def test_a_page_of_no_entry_marks_none():
    request = RequestFactory().get("/")
    request.resolver_match = None
    assert shell.current(request) is None
    request.resolver_match = match("step_up")
    assert shell.current(request) is None


@pytest.mark.parametrize(
    ("label", "initials"), [("Ines Calloway", "IC"), ("ines.calloway@axis.example", "IE"), ("Mina", "M"), ("", "")]
)
def test_initials_come_from_the_name(label, initials):
    assert shell.person(Person(label=label))["initials"] == initials


def test_a_page_wears_what_the_cookies_say(asking):
    cookies = {"axis-theme": "dark", "axis-density": "compact", "axis-shortcuts": "off"}
    html = render_to_string("base.html", {}, asking(staff=Person(), cookies=cookies))
    for said in ('data-theme="dark"', 'data-density="compact"', 'data-shortcuts="off"'):
        assert said in html


def test_an_unknown_cookie_is_not_written_into_the_page(asking):
    html = render_to_string("base.html", {}, asking(cookies={"axis-theme": HOSTILE}))
    assert 'data-theme="system"' in html
    assert "onmouseover" not in html


@pytest.mark.usefixtures("every_page")
def test_a_page_names_the_person_and_their_way_out(asking):
    html = render_to_string("base.html", {"title": HOSTILE}, asking("/keys/?q=1", staff=Person(label=HOSTILE)))
    assert "<script>alert" not in html
    assert 'action="/account_logout/"' in html
    assert '<input type="hidden" name="next" value="/keys/?q=1">' in html


def test_every_page_hands_its_token_to_htmx_and_keeps_it_on_a_short_lead(asking):
    html = render_to_string("base.html", {}, asking(staff=Person()))
    assert """<body hx-headers='{"X-CSRFToken": """ in html
    for rule in (
        '"allowEval":false',
        '"allowScriptTags":false',
        '"includeIndicatorStyles":false',
        '"selfRequestsOnly":true',
    ):
        assert rule in html
    assert '"historyCacheSize":0' in html
    assert '<dialog class="dialog" id="dialog" aria-labelledby="dialog-title"></dialog>' in html


@pytest.mark.usefixtures("every_page")
def test_what_is_typed_into_the_palette_goes_into_no_address(asking):
    html = render_to_string("base.html", {}, asking(staff=Person()))
    palette = html[html.index('id="palette"') :]
    palette = palette[: palette.index("</dialog>")]
    assert re.findall(r'<form [^>]*method="(\w+)"[^>]*action="([^"]+)"', palette) == [("post", "/lookup/")]
    assert 'hx-post="/lookup/"' in palette
    assert "hx-get" not in palette
    assert 'autocomplete="off"' in palette
    assert 'href="/audit/index/"' in palette


@pytest.mark.usefixtures("every_page")
def test_a_gateway_that_lags_is_warned_of_and_escaped(asking):
    html = render_to_string("base.html", {}, asking(staff=Person()))
    assert "3 of 4 current" in html
    assert "are 24 s behind" not in html
    assert "is 24 s behind" in html
    assert HOSTILE not in html


def test_a_stranger_is_warned_of_nothing(asking):
    assert "behind" not in render_to_string("base.html", {}, asking())
