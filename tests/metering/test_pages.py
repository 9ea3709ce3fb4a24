"""The usage pages: who sees them, and that they say what was counted."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from audit.sheets import neutral
from keys.models import KeySecret
from metering.models import UsageDay
from orgs.models import Organization, Staff
from tests.factories import OrganizationFactory, SecretFactory
from tests.metering.conftest import Report, generation

Browser = Callable[[Staff], Client]


@pytest.fixture
def used(live: KeySecret, sandbox: KeySecret, now: datetime, report: Report) -> Organization:
    """Halide with three v2 and one v1 generations, a failed one, and two of its test key."""
    report(
        *(generation(live, now, units=2) for _ in range(3)),
        generation(live, now, api_version="v1", resolution="1K"),
        generation(live, now, outcome="failed"),
        *(generation(sandbox, now) for _ in range(2)),
    )
    return live.key.organization


def _figures(page: str) -> dict[str, str]:
    found = re.findall(r"<dt>([^<]+)</dt>\s*<dd class=\"value\">(.*?)</dd>", page)
    return {name: re.sub(r"<[^>]+>", "", value) for name, value in found}


def _rows(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    cells = [re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def test_the_tab_tells_totals_and_what_failed(used: Organization, viewer: Staff, browser_of: Browser) -> None:
    page = browser_of(viewer).get(f"/orgs/{used.uid}/usage/").text
    assert _figures(page) == {"Generations": "4", "Cost units": "7", "Failed": "20.00%", "Refused": "0.00%"}
    assert "1, of them 1 ours" in page


def test_versions_stand_in_the_chart_v2_first(used: Organization, viewer: Staff, browser_of: Browser) -> None:
    chart = browser_of(viewer).get(f"/orgs/{used.uid}/usage/").context["board"].chart
    assert [series["label"] for series in chart["series"]] == ["v2", "v1"]
    assert [sum(values) for values in zip(*(point["v"] for point in chart["points"]), strict=True)] == [3, 1]


def test_keys_add_up_to_the_total(used: Organization, viewer: Staff, browser_of: Browser) -> None:
    rows = [row[:4] for row in _rows(browser_of(viewer).get(f"/orgs/{used.uid}/usage/").text)]
    assert ["render-farm", "3", "1", "4"] in rows
    assert ["All", "3", "1", "4"] in rows


def test_test_keys_are_counted_apart(used: Organization, viewer: Staff, browser_of: Browser) -> None:
    page = browser_of(viewer).get(f"/orgs/{used.uid}/usage/?environment=test&range=30d").text
    assert _figures(page)["Generations"] == "2"
    assert "storyboards" in page


def test_an_unknown_range_is_told(used: Organization, viewer: Staff, browser_of: Browser) -> None:
    page = browser_of(viewer).get(f"/orgs/{used.uid}/usage/", {"range": "<b>ever"}).text
    assert "There is no range “&lt;b&gt;ever” here." in page


def test_what_is_in_no_period_is_shown(live: KeySecret, viewer: Staff, browser_of: Browser, report: Report) -> None:
    before = live.key.organization.contracts.get().effective.lower - timedelta(milliseconds=1)
    report(generation(live, before))
    page = browser_of(viewer).get(f"/orgs/{live.key.organization.uid}/usage/").text
    assert "1 generation is in no billing period." in page


def test_an_organization_without_contract_or_usage_has_its_page(db: None, viewer: Staff, browser_of: Browser) -> None:
    bare = OrganizationFactory()
    page = browser_of(viewer).get(f"/orgs/{bare.uid}/usage/").text
    assert "Last 30 days" in page
    assert "Nothing was generated in this time" in page


def test_the_overview_is_a_card_for_htmx_and_a_page_for_everybody(
    used: Organization, viewer: Staff, browser_of: Browser
) -> None:
    address = f"/orgs/{used.uid}/usage/overview/"
    card = browser_of(viewer).get(address, headers={"HX-Request": "true"}).text
    assert card.lstrip().startswith('<section class="card">')
    assert "4 in 30 days" in card
    assert "<h1>Halide &amp; Sons</h1>" in browser_of(viewer).get(address).text


def test_the_list_of_organizations_shows_their_usage(used: Organization, viewer: Staff, browser_of: Browser) -> None:
    page = browser_of(viewer).get("/orgs/").text
    assert "Generations, 30 days" in page
    assert [cell for row in _rows(page) for cell in row if cell.isdigit() and cell != "1"] == ["4"]


def test_an_account_manager_counts_her_own_alone(
    account_manager: Staff,
    her_organization: Organization,
    hers: KeySecret,
    now: datetime,
    report: Report,
    browser_of: Browser,
) -> None:
    own = SecretFactory(key__organization=her_organization)
    report(generation(own, now), *(generation(hers, now) for _ in range(5)))
    answer = browser_of(account_manager).get("/usage/?by=org")
    assert answer.context["board"].foot.total == 1
    assert [line.name.word for line in answer.context["board"].lines] == [her_organization.uid]
    assert "Kestrel" not in answer.text


@pytest.mark.parametrize("page", ["usage/", "usage/overview/", "usage/views/save/"])
def test_out_of_scope_is_404_and_recorded(
    page: str, account_manager: Staff, used: Organization, browser_of: Browser
) -> None:
    assert browser_of(account_manager).get(f"/orgs/{used.uid}/{page}").status_code == 404
    assert browser_of(account_manager).get(f"/orgs/org_nobody/{page}").status_code == 404
    refused = Event.objects.filter(verb="access.denied").order_by("occurred_at")
    assert [event.target_id for event in refused] == [used.uid, "org_nobody"]


@pytest.mark.parametrize(
    ("page", "status"),
    [("/usage/", 403), ("/orgs/{}/usage/", 404), ("/orgs/{}/usage/overview/", 404), ("/usage/generations/", 403)],
)
def test_who_holds_no_role_is_refused(
    page: str, status: int, stranger: Staff, used: Organization, browser_of: Browser
) -> None:
    assert browser_of(stranger).get(page.format(used.uid)).status_code == status


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠a"])
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutral(text) == f"'{text}"
    assert (neutral("2K"), neutral(5), neutral(None)) == ("2K", 5, None)


def test_pages_ask_as_often_for_many_keys_as_for_one(
    used: Organization,
    now: datetime,
    report: Report,
    viewer: Staff,
    browser_of: Browser,
) -> None:
    client = browser_of(viewer)

    def asked() -> int:
        with CaptureQueriesContext(connection) as statements:
            client.get(f"/orgs/{used.uid}/usage/")
        return len(statements)

    asked()
    few = asked()
    report(*(generation(SecretFactory(key__organization=used), now) for _ in range(8)))
    assert UsageDay.objects.count() > 8
    assert asked() <= few + 2
