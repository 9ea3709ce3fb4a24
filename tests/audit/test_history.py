"""“Who changed this”: a page, and the card that an object's page takes in."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from audit import search, trail, wording
from audit.models import Event
from audit.verbs import Verb
from orgs.models import Organization, Staff
from tests.audit.conftest import HALIDE, PROD
from tests.audit.test_index import main_of, sentences

HTMX = {"HX-Request": "true"}
URL = "/audit/history/key/key_prod/"
Happened = Callable[..., Event]
BrowserOf = Callable[[Staff], Client]


@pytest.fixture
def ada(administrator: Staff, browser_of: BrowserOf) -> Client:
    return browser_of(administrator)


def test_the_page_tells_everything_that_named_the_object(ada: Client, happened: Happened) -> None:
    happened(Verb.KEY_ISSUED, ago=timedelta(days=2))
    happened(Verb.KEY_REVOKED, ago=timedelta(days=1), outcome="denied", reason="not hers")
    happened(Verb.ORGANIZATION_EDITED, target=HALIDE, further=[PROD])
    happened(target=trail.Target("key", "key_other", "another"))
    html = main_of(ada.get(URL).content.decode())
    assert "<h1>History of render-farm-prod</h1>" in html
    assert sentences(html) == [
        "Dana Reed edited Halide &amp; Sons",
        "Dana Reed may not revoke key render-farm-prod of Halide &amp; Sons",
        "Dana Reed issued key render-farm-prod for Halide &amp; Sons",
    ]


def test_an_organizations_history_is_all_that_happened_within_it(ada: Client, happened: Happened) -> None:
    happened()
    assert sentences(ada.get("/audit/history/organization/org_halide/").content.decode()) == [
        "Dana Reed edited key render-farm-prod of Halide &amp; Sons"
    ]


def test_an_organization_in_reach_has_a_history_before_anything_happened(
    account_manager: Staff, her_organization: Organization, browser_of: BrowserOf
) -> None:
    mina, url = browser_of(account_manager), f"/audit/history/organization/{her_organization.uid}/"
    assert "Nothing has happened yet" in mina.get(url).content.decode()
    assert "Nobody has changed it." in mina.get(url, headers=HTMX).content.decode()


def test_the_card_shows_the_eight_latest_changes_and_leads_to_all(ada: Client, happened: Happened) -> None:
    for day in range(10):
        happened(ago=timedelta(days=day), detail={"purpose": str(day)})
    happened(Verb.KEY_REVOKED, outcome="denied")
    answer = ada.get(URL, headers=HTMX)
    html = answer.content.decode()
    assert "<html" not in html
    assert html.strip().startswith('<section class="card"')
    assert html.count("Dana Reed edited key") == 8
    assert "may not" not in html
    assert f'href="{URL}"' in html
    assert "HX-Request" in answer["Vary"]


def test_the_whole_list_comes_as_a_card_too(ada: Client, happened: Happened) -> None:
    happened(Verb.KEY_REVOKED, outcome="denied")
    html = ada.get(f"{URL}?all=1", headers=HTMX).content.decode()
    assert "<html" not in html
    assert sentences(html) == ["Dana Reed may not revoke key render-farm-prod of Halide &amp; Sons"]


def test_a_card_of_refusals_alone_says_that_nobody_changed_it(ada: Client, happened: Happened) -> None:
    happened(Verb.KEY_REVOKED, outcome="denied")
    assert "Nobody has changed it." in ada.get(URL, headers=HTMX).content.decode()


def test_a_long_history_has_pages(ada: Client, happened: Happened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.find, "__kwdefaults__", search.find.__kwdefaults__ | {"size": 2})
    for day in range(3):
        happened(ago=timedelta(days=day), target=trail.Target("key", "key_prod", f"name {day}"))
    first = ada.get(URL).content.decode()
    older = re.search(r'href="(/audit/history/key/key_prod/\?older=[^"]+)"', first)
    assert older
    assert sentences(ada.get(older[1]).content.decode()) == ["Dana Reed edited key name 2 of Halide &amp; Sons"]


def test_a_broken_place_is_bad_input(ada: Client, happened: Happened) -> None:
    happened()
    assert ada.get(f"{URL}?older=nonsense").status_code == 400


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_another_organizations_object_is_404_and_recorded(
    account_manager: Staff,
    other_organization: Organization,
    browser_of: BrowserOf,
    happened: Happened,
    headers: dict[str, str],
) -> None:
    happened(organization=other_organization.target)
    mina = browser_of(account_manager)
    for path in (URL, f"/audit/history/organization/{other_organization.uid}/", "/audit/history/key/key_unknown/"):
        assert mina.get(path, headers=headers).status_code == 404
    assert Event.objects.filter(verb="access.denied", actor_id=account_manager.uid).count() == 3


def test_her_own_organizations_objects_are_there(
    account_manager: Staff, her_organization: Organization, browser_of: BrowserOf, happened: Happened
) -> None:
    happened(organization=her_organization.target)
    assert browser_of(account_manager).get(URL).status_code == 200


def test_a_viewer_reads_the_history_of_what_she_sees(viewer: Staff, browser_of: BrowserOf, happened: Happened) -> None:
    happened()
    happened(Verb.GATEWAY_CREATED, organization=None, target=trail.Target("gateway", "gwc_1", "lisbon"))
    vic = browser_of(viewer)
    html = vic.get(URL).content.decode()
    assert len(sentences(html)) == 1
    assert "Audit log</a>" not in main_of(html)
    assert vic.get("/audit/history/gateway/gwc_1/").status_code == 404


def test_a_key_admin_reads_the_history_of_a_gateway(
    key_admin: Staff, browser_of: BrowserOf, happened: Happened
) -> None:
    happened(Verb.GATEWAY_CREATED, organization=None, target=trail.Target("gateway", "gwc_1", "lisbon"))
    assert browser_of(key_admin).get("/audit/history/gateway/gwc_1/").status_code == 200


def test_an_id_with_a_slash_has_a_history(ada: Client, happened: Happened) -> None:
    happened(target=trail.Target("pilot", "org_halide/pilot", "Pilot of Halide"))
    assert ada.get("/audit/history/pilot/org_halide/pilot/").status_code == 200


@pytest.mark.parametrize("path", ["key%00/x", "key/%00", "key/%E2%80%AEx", "k/" + "x" * 5_000, "%FF/%FF"])
def test_a_hostile_address_is_404_and_recorded_in_one_line(ada: Client, path: str) -> None:
    assert ada.get(f"/audit/history/{path}/").status_code == 404
    denied = Event.objects.get(verb="access.denied")
    assert not any(map(wording.is_unfit, denied.target_type + denied.target_id + denied.sentence))
    assert len(denied.target_id) <= trail.LONGEST_LABEL
