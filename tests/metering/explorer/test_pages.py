"""The explorer's pages: order, pages of lines, completeness, views, and that test keys stay apart."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from keys.models import DecisionHour, KeySecret, SavedView
from metering.explorer import comparing
from metering.models import SourceCompletion
from orgs.models import Organization, Staff
from tests.factories import OrganizationFactory, RuleFactory, SecretFactory
from tests.metering.conftest import Report, generation
from tests.metering.explorer.conftest import Ask

Browser = Callable[[Staff], Client]


def test_the_largest_stand_first_unless_asked_otherwise(
    used: list[Organization], hers: KeySecret, now: datetime, report: Report, viewer: Staff, browser_of: Browser
) -> None:
    report(*(generation(hers, now) for _ in range(30)))
    client = browser_of(viewer)
    first = client.get("/usage/?range=30d").context["board"].lines
    last = client.get("/usage/?range=30d&order=total").context["board"].lines
    assert [line.name.label for line in first] == ["Kestrel VFX", "Halide & Sons"]
    assert [line.name.label for line in last] == ["Halide & Sons", "Kestrel VFX"]
    for order in ("v2", "-v1", "failed", "-units", "refused", "-before", "nonsense"):
        assert len(client.get(f"/usage/?range=30d&order={order}").context["board"].lines) == 2


@pytest.mark.parametrize("by", ["outcome", "cause"])
def test_the_headline_counts_what_succeeded_whatever_the_table_adds_up(
    by: str, used: list[Organization], viewer: Staff, browser_of: Browser
) -> None:
    client = browser_of(viewer)
    usual = client.get("/usage/?range=30d").context["board"]
    answer = client.get(f"/usage/?range=30d&by={by}")
    board = answer.context["board"]
    assert board.stats[0]["value"] == usual.stats[0]["value"] == f"{usual.foot.sums.generations:,}"
    assert board.stats[0]["note"].startswith("succeeded")
    assert board.foot.total == board.foot.sums.attempts > usual.foot.total
    assert "All, failed ones too" in answer.text
    assert "Total with failed" in answer.text
    assert any(line.name.label.lower().startswith("succeeded") for line in board.lines)
    assert board.stats[2]["value"] == board.foot.failed_share


def test_live_and_test_keys_are_never_added_up(
    used: list[Organization], sandbox: KeySecret, viewer: Staff, browser_of: Browser
) -> None:
    board = browser_of(viewer).get("/usage/?range=30d&environment=test&by=key").context["board"]
    assert [line.name.word for line in board.lines] == [sandbox.key.uid]


def test_a_table_has_pages_and_one_sum(
    halide: Organization, now: datetime, report: Report, viewer: Staff, browser_of: Browser
) -> None:
    secrets = SecretFactory.create_batch(55, key__organization=halide)
    report(*(generation(secret, now) for secret in secrets))
    answer = browser_of(viewer).get("/usage/?range=7d&by=key&page=3")
    assert len(answer.context["board"].lines) == 5
    assert answer.context["board"].foot.total == 55
    assert "55 keys, 55 generations" in answer.text


def test_refused_calls_stand_beside_what_was_generated(
    used: list[Organization], live: KeySecret, now: datetime, viewer: Staff, browser_of: Browser
) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    common = {"organization": live.key.organization, "key": live.key, "hour": hour, "api_version": "v2", "units": 1}
    for code, calls in (("RATE_LIMITED", 6), ("CAPACITY_EXHAUSTED", 1), ("VALID", 90)):
        DecisionHour.objects.create(code=code, calls=calls, **common)
    client = browser_of(viewer)
    answer = client.get("/usage/?range=7d&by=key")
    counted = answer.context["board"].foot.sums.attempts
    assert f"7 of {counted + 7} generated or refused, 1 by our capacity" in answer.text
    assert "refused: of what was generated or refused" in answer.text
    assert {line.name.label: line.refused for line in answer.context["board"].lines} == {"render-farm": 7, "previz": 0}
    assert "not known by this filter" in client.get("/usage/?range=7d&resolution=1K").text


def test_what_usage_is_compared_with_is_named_by_its_length(
    used: list[Organization], now: datetime, viewer: Staff, browser_of: Browser
) -> None:
    client, day = browser_of(viewer), f"{now:%Y-%m-%d}"
    for query, earlier, each in (
        (f"from={day}&to={day}", "the day before", "hour"),
        ("range=7d", "the 7 days before", "day"),
        ("range=365d", "the 365 days before", "month"),
    ):
        answer = client.get(f"/usage/?{query}")
        board = answer.context["board"]
        compared = next(pick for pick in board.bar.picks if pick.label == "Compare")
        assert (compared.chosen, compared.links[0].label) == (earlier, earlier.capitalize())
        assert board.chart["ghost"] == f"{earlier}, {each} by {each}"
        assert f"Against {earlier}" in answer.text
        assert "period before" not in answer.text


def test_a_billing_period_is_compared_with_the_period_before_or_as_many_days_of_it(
    halide: Organization, ask: Ask
) -> None:
    present = halide.billing_periods.containing(timezone.now()).get()
    asked = ask(f"period={present.label}", halide)
    begun, over = (
        replace(asked, span=replace(asked.span, end=end))
        for end in (present.span.lower + timedelta(days=1), present.span.upper)
    )
    assert comparing.named(begun) == "the same days a period before"
    assert comparing.named(over) == "the period before"


def test_numbers_are_complete_as_far_as_every_gateway_says(
    used: list[Organization], now: datetime, viewer: Staff, browser_of: Browser
) -> None:
    client = browser_of(viewer)
    assert "Newest report" in client.get("/usage/").text
    for source, behind in (("gw-1", timedelta(minutes=20)), ("gw-2", timedelta(hours=5)), ("old", timedelta(days=40))):
        SourceCompletion.objects.create(
            source=source, complete_through=now - behind, gateway="gwc_1", seen_at=now - behind
        )
    answer = client.get("/usage/")
    assert f"Complete through {'<time'}" in answer.text
    assert answer.context["board"].completeness.through == now - timedelta(hours=5)
    assert [one.source for one in answer.context["board"].completeness.behind] == ["gw-2"]
    assert "gw-2 is behind." in answer.text


def test_changed_limits_are_marked_in_the_chart_of_one_organization(
    used: list[Organization], now: datetime, viewer: Staff, browser_of: Browser
) -> None:
    since = now - timedelta(days=2)
    RuleFactory(organization=used[0], effective=(since, None), limit=900, api_version="v2", ticket="SUP-2188")
    marks = browser_of(viewer).get(f"/orgs/{used[0].uid}/usage/?range=7d").context["board"].chart["marks"]
    assert [mark["label"] for mark in marks] == ["v2 limit 900, SUP-2188"]
    assert 4 <= marks[0]["at"] < 5
    assert browser_of(viewer).get("/usage/?range=7d").context["board"].chart["marks"] == []


def test_days_that_begin_inside_an_hour_are_told(viewer: Staff, browser_of: Browser, db: None) -> None:
    there = OrganizationFactory(time_zone="Asia/Kathmandu")
    page = browser_of(viewer).get(f"/orgs/{there.uid}/usage/").text
    assert "All times in Asia/Kathmandu." in page
    assert "Days begin at 00:45" in page


@pytest.mark.parametrize("path", ["/usage/", "/orgs/{}/usage/"])
def test_a_view_is_saved_opened_and_removed(
    path: str, used: list[Organization], viewer: Staff, browser_of: Browser
) -> None:
    client, here = browser_of(viewer), path.format(used[0].uid)
    address = client.get(f"{here}?range=7d&by=tier").context["save_url"]
    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "Tiers"}).status_code == 302
    opened = client.get(f"{here}?range=7d&by=tier")
    assert (opened.context["view_tab"], len(opened.context["saved"])) == ("Tiers", 2)
    assert client.post(address, {"name": "Tiers"}).status_code == 422
    view = SavedView.objects.get()
    assert f"/usage/views/{view.uid}/rename/" in opened.text
    answer = client.post(f"/usage/views/{view.uid}/rename/", {"name": "By tier"})
    assert answer["Location"] == f"{here}?{view.query}"
    assert SavedView.objects.get().name == "By tier"
    answer = client.post(f"/usage/views/{view.uid}/remove/")
    assert answer["Location"] == here
    assert not SavedView.objects.exists()


def test_a_view_of_somebody_else_does_not_exist(
    used: list[Organization], viewer: Staff, administrator: Staff, browser_of: Browser
) -> None:
    browser_of(viewer).post("/usage/views/save/?by=tier", {"name": "Mine"})
    view = SavedView.objects.get()
    for act in ("rename", "remove"):
        assert browser_of(administrator).post(f"/usage/views/{view.uid}/{act}/", {"name": "Hers"}).status_code == 404
    view.refresh_from_db()
    assert view.name == "Mine"
    assert SavedView.objects.exists()


def test_what_an_address_says_is_escaped(db: None, viewer: Staff, browser_of: Browser) -> None:
    page = browser_of(viewer).get("/usage/?org=<script>x&resolution=<b>&by=<i>").text
    assert "<script>x" not in page
    assert "“&lt;script&gt;x”" in page


HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("of_one", [True, False])
def test_htmx_gets_the_part_that_follows_the_filter_and_its_address(
    of_one: bool, used: list[Organization], viewer: Staff, browser_of: Browser
) -> None:
    address = f"/orgs/{used[0].uid}/usage/?by=tier" if of_one else "/usage/?range=7d&by=tier"
    client = browser_of(viewer)
    page, part = client.get(address), client.get(address, headers=HTMX)
    assert part["HX-Push-Url"] == address
    assert "HX-Push-Url" not in page
    assert (page.text.count("<html"), part.text.count("<html")) == (1, 0)
    assert part.text.strip().startswith('<div class="stack" id="explorer"')
    assert "Copy link" in part.text
    for answer in (page, part):
        assert "HX-Request" in answer["Vary"]
