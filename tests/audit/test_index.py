"""The log's page: a sentence an event, everything in the address, each person their own part."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from audit import search, trail
from audit.models import Event
from audit.verbs import Verb
from orgs.models import Organization, Staff
from tests.audit.conftest import DANA, KESTREL

KEY = "axk_live_" + "a" * 12 + "_" + "b" * 38
Happened = Callable[..., Event]
BrowserOf = Callable[[Staff], Client]


@pytest.fixture
def read(administrator: Staff, browser_of: BrowserOf) -> Callable[..., str]:
    """What Ada reads at /audit/ with these query parameters."""
    browser = browser_of(administrator)

    def get(**query: str) -> str:
        answer = browser.get("/audit/", query)
        assert answer.status_code == 200
        return main_of(answer.content.decode())

    return get


def main_of(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


def sentences(html: str) -> list[str]:
    return re.findall(r'<details class="event">.*?<span>(.*?)</span>', html, re.DOTALL)


def test_each_event_is_a_sentence_under_its_day_with_its_zone(read: Callable[..., str], happened: Happened) -> None:
    happened(Verb.KEY_ROTATED, detail={"overlap": "24 h"}, ticket="SUP-1", reason="scheduled")
    happened(Verb.KEY_ISSUED, ago=timedelta(days=1), outcome="denied", reason="not hers")
    html = read(actor="stf_dana")
    assert sentences(html) == [
        "Dana Reed rotated key render-farm-prod of Halide &amp; Sons, overlap 24 h",
        "Dana Reed may not issue key render-farm-prod for Halide &amp; Sons",
    ]
    assert re.findall(r'<h2 class="group">(.*?)</h2>', html) == [
        "Sunday 22 November 2026, UTC",
        "Saturday 21 November 2026, UTC",
    ]
    assert "SUP-1: scheduled" in html
    assert "not hers, key.issued" in html
    assert len(re.findall(r'class="badge bad', html)) == 1
    assert "2 events" in html


def test_an_event_opens_in_place_with_its_difference_and_facts(read: Callable[..., str], happened: Happened) -> None:
    event = happened(changes={"expires_at": ["2026-12-01T00:00:00+00:00", None], "name": ["old", "new"]})
    html = read(actor="stf_dana")
    assert "<del>1 Dec 2026, 00:00:00 UTC</del>" in html
    assert "<ins>new</ins>" in html
    assert "2 fields" in html
    assert f'href="/audit/{event.id}/"' in html
    assert 'href="/audit/history/key/key_prod/"' in html


def test_every_filter_stands_in_the_address_and_can_be_taken_out(read: Callable[..., str], happened: Happened) -> None:
    happened()
    happened(organization=KESTREL)
    html = read(q="render", org="kestrel", verb="key.*", after="2026-11-01")
    assert len(sentences(html)) == 1
    assert escape("?q=render&verb=key.%2A&after=2026-11-01") in html
    assert 'aria-label="Remove filter Organization: kestrel"' in html
    assert '<input type="hidden" name="verb" value="key.*">' in html


def test_a_filter_begins_again_at_the_newest_page(read: Callable[..., str], happened: Happened) -> None:
    for _ in range(3):
        happened()
    place = search.find(search.Question(), search.Scope(None, None), size=1).older
    html = read(older=str(place), verb="key.*")
    assert f"older={place}" not in html.split('class="pager"')[0]


def test_newer_and_older_lead_through_the_log(
    read: Callable[..., str], happened: Happened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search.find, "__kwdefaults__", search.find.__kwdefaults__ | {"size": 2})
    for number in range(3):
        happened(target=trail.Target("key", f"key_{number}", f"number {number}"), ago=timedelta(hours=3 - number))
    first = read(actor="stf_dana")
    assert 'rel="prev"' not in first
    address = re.search(r'href="\?([^"]*older=[^"]*)"', first)
    assert address
    second = read(**dict(pair.split("=") for pair in address[1].replace("&amp;", "&").split("&")))
    assert sentences(second) == ["Dana Reed edited key number 0 of Halide &amp; Sons"]
    assert 'rel="prev"' in second


def test_a_wrong_filter_is_named_first_and_nothing_is_searched(read: Callable[..., str], happened: Happened) -> None:
    happened()
    html = read(q="render", after="yesterday", verb="key.isued")
    assert 'class="error-summary"' in html
    assert "Nothing was searched. 2 fields need a change." in html
    assert 'href="#id_after"' in html
    assert "Did you mean key.issued?" in html
    assert sentences(html) == []
    # What could not be understood is in no link.
    assert "after=yesterday" not in html


def test_a_whole_key_is_cut_to_its_prefix_and_never_echoed(administrator: Staff, browser_of: BrowserOf) -> None:
    browser = browser_of(administrator)
    answer = browser.get("/audit/", {"q": f"find {KEY}", "actor": KEY, "after": "7d"})
    assert answer.status_code == 302
    assert answer["Location"] == "/audit/?q=find+axk_live_aaaaaaaaaaaa&actor=axk_live_aaaaaaaaaaaa&after=7d"
    html = browser.get(answer["Location"]).content.decode()
    assert "A whole key is a secret" in html
    assert "b" * 38 not in html


@pytest.mark.parametrize(
    "asked", ["axk_live_fN8FpuY7qFij", "fN8FpuY7qFij", "axg_fN8FpuY7", "axk_live_fN8FpuY7qFij_…", "key axk_test_fN8F"]
)
def test_a_key_is_found_by_its_prefix_as_it_is_shown(asked: str, read: Callable[..., str], happened: Happened) -> None:
    happened(Verb.KEY_ROTATED, changes={"public_id": ["aaaabbbbcccc", "fN8FpuY7qFij"]})
    assert len(sentences(read(q=asked))) == 1


def test_a_whole_key_that_was_cut_finds_it_too(administrator: Staff, browser_of: BrowserOf, happened: Happened) -> None:
    happened(Verb.KEY_ROTATED, changes={"public_id": ["ccccddddeeee", "aaaaaaaaaaaa"]})
    html = browser_of(administrator).get("/audit/", {"q": KEY}, follow=True).text
    assert len(sentences(main_of(html))) == 1


def test_a_search_that_is_stopped_says_so(read: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_args: Any, **_more: Any) -> None:
        raise search.TooSlow

    monkeypatch.setattr(search, "find", slow)
    html = read(q="anything")
    assert "This search was stopped" in html
    assert "It ran for 5 seconds" in html


def test_nothing_found_offers_to_clear_the_filters(read: Callable[..., str]) -> None:
    assert "No event in this view" in read(q="nothing-like-this")


def test_markup_in_names_stays_text(read: Callable[..., str], happened: Happened) -> None:
    nasty = '<script>alert(1)</script><b hx-get="/x">'
    happened(
        Verb.KEY_EDITED,
        target=trail.Target("key", "key_<b>", nasty),
        actor=trail.Actor("staff", "stf_nasty", nasty, user_agent=nasty, roles=(nasty,)),
        organization=trail.Target("organization", "org_nasty", nasty),
        changes={"name": [nasty, nasty]},
        detail={"purpose": nasty},
        reason=nasty,
    )
    html = read(q="script", actor="stf_nasty", org="org_nasty")
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "<b hx-get" not in html
    assert "<b>" not in re.sub(r"<b>(Actor|Verb|[^<]*)</b>", "", html)


def test_an_account_manager_reads_of_her_own_organizations_alone(
    account_manager: Staff,
    her_organization: Organization,
    other_organization: Organization,
    browser_of: BrowserOf,
    happened: Happened,
) -> None:
    happened(organization=her_organization.target)
    happened(organization=other_organization.target)
    happened(Verb.STAFF_SIGNED_IN, organization=None, target=trail.Target("staff", DANA.id, DANA.label))
    browser = browser_of(account_manager)
    mine = browser.get("/audit/", {"actor": "stf_dana"}).content.decode()
    assert len(sentences(mine)) == 1
    assert "Kestrel" not in browser.get("/audit/").content.decode()
    for query in ({"org": other_organization.uid}, {"q": "Kestrel"}, {"verb": "staff.*"}):
        assert sentences(browser.get("/audit/", query).content.decode()) == []


def test_a_viewer_may_not_search_and_the_attempt_is_recorded(viewer: Staff, browser_of: BrowserOf) -> None:
    assert browser_of(viewer).get("/audit/").status_code == 403
    event = Event.objects.get(verb="access.denied")
    assert (event.actor_id, event.outcome, event.target_id) == (viewer.uid, "denied", "/audit/")


def test_the_log_is_only_read(administrator: Staff, browser_of: BrowserOf) -> None:
    assert browser_of(administrator).post("/audit/").status_code == 405
