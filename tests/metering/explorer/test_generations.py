"""The list behind a number and the page of one generation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.test import Client

from audit import search
from audit.models import Event
from keys.models import KeySecret
from metering import contracts, terms
from metering.explorer import behind
from metering.models import Generation, UsageDay
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.factories import RefusalFactory
from tests.metering.conftest import Report, generation

Browser = Callable[[Staff], Client]


def _ids(client: Client, query: str) -> list[UUID]:
    return [row.generation.pk for row in client.get(f"/usage/generations/?{query}").context["listed"].rows]


def test_pages_hold_each_generation_once_the_newest_first(
    live: KeySecret, now: datetime, report: Report, viewer: Staff, browser_of: Browser
) -> None:
    report(*(generation(live, now - timedelta(minutes=n)) for n in range(behind.PER_PAGE * 2 + 5)))
    client, seen = browser_of(viewer), []
    listed = client.get("/usage/generations/?range=7d").context["listed"]
    assert listed.newer is None
    while listed.older:
        seen += [row.generation.pk for row in listed.rows]
        listed = client.get(f"/usage/generations/?range=7d&before={listed.older.hex}").context["listed"]
    seen += [row.generation.pk for row in listed.rows]
    assert seen == sorted(Generation.objects.values_list("pk", flat=True), reverse=True)
    back = client.get(f"/usage/generations/?range=7d&after={listed.newer.hex}").context["listed"]
    assert [row.generation.pk for row in back.rows] == seen[behind.PER_PAGE : 2 * behind.PER_PAGE]


@pytest.mark.parametrize("place", ["before=nonsense", "after=%00", "before=7"])
def test_a_place_that_is_none_is_the_beginning(
    place: str, used: list[Organization], viewer: Staff, browser_of: Browser
) -> None:
    client = browser_of(viewer)
    assert _ids(client, f"range=30d&{place}") == _ids(client, "range=30d")


@pytest.mark.parametrize("name", ["generation_id", "request_id", "idempotency_key"])
def test_a_generation_is_found_by_whatever_names_it(
    name: str, live: KeySecret, now: datetime, report: Report, viewer: Staff, browser_of: Browser
) -> None:
    wanted = generation(live, now, request_id="req-77", idempotency_key="idem-77")
    report(wanted, generation(live, now, request_id="req-78", idempotency_key="idem-78"))
    client = browser_of(viewer)
    assert _ids(client, f"range=7d&q={wanted[name]}") == [UUID(wanted["generation_id"])]
    assert _ids(client, "range=7d&q=nothing-of-that-name") == []


def test_the_number_above_a_search_is_what_was_found(
    live: KeySecret, now: datetime, report: Report, viewer: Staff, browser_of: Browser
) -> None:
    report(generation(live, now, request_id="req-77"), *(generation(live, now) for _ in range(4)))
    client = browser_of(viewer)
    assert "<h2>5 generations</h2>" in client.get("/usage/generations/?range=7d").text
    page = client.get("/usage/generations/?range=7d&q=req-77").text
    assert "<h2>1 generation</h2>" in page
    assert "named req-77, of 5 in this view" in page
    assert "5 reported" not in page
    assert "<h2>0 generations</h2>" in client.get("/usage/generations/?range=7d&q=nothing").text


def test_nobody_finds_what_is_out_of_scope(
    hers: KeySecret, now: datetime, report: Report, account_manager: Staff, browser_of: Browser
) -> None:
    item = generation(hers, now, request_id="req-77")
    report(item)
    client = browser_of(account_manager)
    assert _ids(client, "range=7d&q=req-77") == []
    assert _ids(client, f"org={hers.key.organization.uid}") == []
    assert client.get(f"/usage/generations/{item['generation_id']}/").status_code == 404
    assert Event.objects.get(verb="access.denied").target_id == item["generation_id"]


def test_a_question_that_takes_too_long_is_stopped_and_the_count_stands(
    used: list[Organization], viewer: Staff, browser_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: object) -> None:
        raise search.TooSlow

    monkeypatch.setattr(behind, "_page", too_slow)
    answer = browser_of(viewer).get("/usage/generations/?range=30d")
    assert "This took too long to list" in answer.text
    assert answer.context["count"].number > 0


def test_a_month_that_is_gone_is_told(live: KeySecret, now: datetime, viewer: Staff, browser_of: Browser) -> None:
    gone = now - timedelta(days=16 * 31)
    UsageDay.objects.create(
        organization=live.key.organization, key=live.key, environment="live", api_version="v2", outcome="succeeded",
        resolution="", aspect_ratio="", service_tier="", failure_cause="", generations=7, units=7, day=gone.date(),
    )  # fmt: skip
    answer = browser_of(viewer).get(f"/usage/generations/?from={gone:%Y-%m-%d}")
    assert answer.context["count"].missing == [f"{gone:%B %Y}"]
    assert "was moved out of the database" in answer.text


def test_a_key_in_the_words_is_cut(viewer: Staff, browser_of: Browser, live: KeySecret) -> None:
    whole = "axk_live_" + "a" * 12 + "_" + "b" * 38
    answer = browser_of(viewer).get(f"/usage/generations/?q={whole}")
    assert answer.status_code == 302
    assert "b" * 8 not in answer["Location"]


def test_the_page_of_a_generation_tells_what_is_known(
    live: KeySecret, now: datetime, report: Report, viewer: Staff, browser_of: Browser
) -> None:
    item = generation(
        live, now, request_id="req-9", idempotency_key="idem-9", duration_ms=8400, aspect_ratio="16:9",
        stages={"render": 5800, "interpretation": 1200, "anchor": 900},
    )  # fmt: skip
    report(item)
    RefusalFactory(key=live.key, organization=live.key.organization, request_id="req-9", code="RATE_LIMITED")
    page = browser_of(viewer).get(f"/usage/generations/{item['generation_id']}/").text
    for text in ("render-farm", "2K", "16:9", "Dedicated", "8,400 ms", "1,200 ms", "req-9", "idem-9", "gw-eu-1"):
        assert text in page
    assert "RATE_LIMITED" in page
    assert page.index("Stage anchor") < page.index("Stage interpretation") < page.index("Stage render")
    assert f"period={now:%Y-%m}" in page
    assert "Void generation" not in page


def test_a_generation_of_a_test_key_is_never_billed(
    sandbox: KeySecret, now: datetime, report: Report, viewer: Staff, browser_of: Browser
) -> None:
    item = generation(sandbox, now)
    report(item)
    assert (
        "never: it was made with a test key"
        in browser_of(viewer).get(f"/usage/generations/{item['generation_id']}/").text
    )


def test_what_a_fast_clock_put_into_a_period_that_was_ended_then_is_listed(
    live: KeySecret, now: datetime, report: Report, viewer: Staff, browser_of: Browser
) -> None:
    then, organization = now.replace(day=15, hour=12), live.key.organization
    ahead = generation(live, then + timedelta(minutes=4))
    report(generation(live, then), ahead, at=then)
    present = organization.billing_periods.containing(then).get()
    other = replace(terms.snapshot(present.contract), purchase_order="PO 1")
    with time_machine.travel(then, tick=False):
        contracts.replace_contract(organization=organization, actor=ACTOR, terms=other, reason="Renewed")
    present.refresh_from_db()
    assert present.span.upper == then
    answer = browser_of(viewer).get(f"/usage/generations/?period={organization.uid}/{present.label}").context
    assert answer["listed"].rows[0].generation.pk == UUID(ahead["generation_id"])
    assert len(answer["listed"].rows) == answer["count"].listed == 2
