"""The pages of the SLA: a month against its promise, whose fault it was, and the card on the overview."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from keys.models import KeySecret
from metering import histograms, sla_days, sla_page, sla_sweep
from metering.sla import Measured
from metering.sla_page import Month
from orgs.models import Organization, Staff
from orgs.objectives import Objective
from tests.factories import DecisionHourFactory
from tests.metering.conftest import Report, generation

# The 20th of the last month at noon: the ledger has the months around it.
NOW = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).replace(day=20, hour=12, minute=0, second=0, microsecond=0)
BEFORE = NOW - timedelta(days=25)
THIS, LAST = f"{NOW:%B %Y}", f"{BEFORE:%B %Y}"
STAGES = {"anchor": 900, "interpretation": 1_700, "render": 5_800}


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def now() -> datetime:
    """The present, as everybody sees it here."""
    return NOW


@pytest.fixture
def vic(viewer: Staff, browser_of: Callable[..., Client]) -> Client:
    return browser_of(viewer)


@pytest.fixture
def month(live: KeySecret, report: Report) -> Organization:
    """999 of 1,000 that counted succeeded in v2, where 99.5 % is promised; and the month before is bad."""
    some = [generation(live, NOW - timedelta(days=n % 9), duration_ms=9_000, stages=STAGES) for n in range(199)]
    failed: list[dict[str, Any]] = [
        {"outcome": "failed", "failure_cause": cause} for cause in ("engine", "content", "client", "client")
    ]
    report(*some, *(generation(live, NOW - timedelta(days=3), **one) for one in failed))
    report(generation(live, BEFORE), generation(live, BEFORE, outcome="failed", failure_cause="timeout"))
    sla_sweep.run(now=NOW)
    return live.key.organization


def test_a_month_is_held_to_what_the_plan_promises(vic: Client, month: Organization) -> None:
    page = vic.get(f"/orgs/{month.uid}/sla/").content.decode()
    assert f"v2 kept its availability promise in {THIS} so far: 99.50% of the promised 99.5%." in page
    assert "9.0 s" in page
    assert "Interpretation" in page
    assert "Missed</span>" in page


def test_another_month_and_another_version_stand_in_the_address(vic: Client, month: Organization) -> None:
    page = vic.get(f"/orgs/{month.uid}/sla/?month={BEFORE:%Y-%m}").content.decode()
    assert f"v2 missed its availability promise in {LAST}: 50.00% instead of 99.5%." in page
    page = vic.get(f"/orgs/{month.uid}/sla/?version=v1").content.decode()
    assert f"Nothing was asked of v1 in {THIS} so far." in page


@pytest.mark.parametrize(
    ("p95_ms", "tone", "said"),
    [
        (12_000, "ok", "It kept its latency promise: p95 9.0 s, promised 12.0 s at most."),
        (8_000, "warn", "It missed its latency promise: p95 9.0 s, promised 8.0 s at most."),
        (None, "ok", ""),
    ],
)
def test_latency_is_kept_or_missed_and_never_below(p95_ms: int | None, tone: str, said: str) -> None:
    measured = Measured(succeeded=100, durations=histograms.histogram([9_000] * 100))
    month = Month(BEFORE.date(), measured, Objective(Decimal("99.5"), p95_ms))
    verdict = sla_page.verdict(month, "v2")
    assert (verdict["tone"], verdict["text"]) == (tone, said)
    assert "below" not in sla_page.meter("v2", month)["note"]


def test_a_promise_that_is_missed_is_not_said_of_the_p95() -> None:
    measured = Measured(succeeded=90, bad=10, durations=histograms.histogram([9_000] * 90))
    month = Month(BEFORE.date(), measured, Objective(Decimal("99.5"), 12_000))
    note = "availability promise missed so far; p95 9.0 s, latency promise kept"
    assert sla_page.meter("v2", month)["note"] == note


@pytest.mark.parametrize("strange", ["month=2020-01", "month=x", "version=v9", "month=%00", "month=2026-13"])
def test_a_strange_address_shows_this_month(vic: Client, month: Organization, strange: str) -> None:
    assert f"in {THIS} so far" in vic.get(f"/orgs/{month.uid}/sla/?{strange}").content.decode()


def test_what_counts_against_us_opens_exactly_those_generations(
    vic: Client, month: Organization, live: KeySecret
) -> None:
    DecisionHourFactory(
        organization=month, key=live.key, api_version="v2", hour=NOW, code="CAPACITY_EXHAUSTED", calls=2
    )
    sla_sweep.run(now=NOW)
    rows = sla_page.months(month, "v2", now=NOW)
    reasons = {row["label"]: row for row in sla_page.reasons(month, rows[0], "v2")}
    assert {label: row["count"] for label, row in reasons.items()} == {
        "The engine failed": 1,
        "It took too long": 0,
        "No cause was said": 0,
        "There was no room": 2,
        "Refused for its content": 1,
        "Ended by the client": 2,
    }
    assert sum(row["count"] for row in reasons.values() if row["ours"]) == rows[0].measured.missed
    opened = reasons["Ended by the client"]["href"]
    assert opened.startswith("/usage/generations/")
    assert "cause=client" in opened
    assert f"org={month.uid}" in opened
    last = sla_days.last_day(NOW.date().replace(day=1))
    assert f"from={NOW:%Y-%m}-01&to={last:%F}" in opened
    assert vic.get(reasons["There was no room"]["href"]).status_code == 200


def test_a_running_month_says_what_it_may_still_bear(month: Organization) -> None:
    this, before = sla_page.months(month, "v2", now=NOW)
    assert this.is_running
    assert this.budget is not None
    assert (this.budget.allowed, this.budget.used) == (1, 1)
    assert "0 of 1 may still fail at this pace" in sla_page.stats(this)[1]["note"]
    assert "1 more than the 0 allowed" in sla_page.stats(before)[1]["note"]


def test_the_overview_has_a_card_of_this_month(vic: Client, month: Organization) -> None:
    page = vic.get(f"/orgs/{month.uid}/sla/overview/", headers={"hx-request": "true"}).content.decode()
    assert page.lstrip().startswith("<section")
    assert "99.50% of 99.5%" in page
    assert f"/orgs/{month.uid}/sla/overview/" in vic.get(f"/orgs/{month.uid}/").content.decode()


def test_an_account_manager_sees_only_her_own(
    account_manager: Staff, her_organization: Organization, month: Organization, browser_of: Callable[..., Client]
) -> None:
    mina = browser_of(account_manager)
    assert mina.get(f"/orgs/{her_organization.uid}/sla/").status_code == 200
    assert mina.get(f"/orgs/{month.uid}/sla/").status_code == 404


def test_drawing_names_each_day_until_today(vic: Client, month: Organization) -> None:
    page = vic.get(f"/orgs/{month.uid}/sla/").content.decode()
    bad, tomorrow = NOW - timedelta(days=3), NOW + timedelta(days=1)
    assert f"{bad:%a %-d %b %Y}|95.652%|1 of 23 missed" in page
    assert f"{NOW:%a %-d %b %Y}|" in page
    assert f"{tomorrow:%a %-d %b %Y}" not in page
