"""The brief of an organization: thirteen months in sentences, tables and a chart, on paper."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from keys.models import KeySecret
from metering import brief, brief_sentences, drafts, sla_sweep
from metering.brief import BilledPeriod, Brief, UsedMonth
from metering.sla import Measured
from metering.sla_page import Month
from orgs.models import Organization, Staff
from orgs.objectives import Objective
from tests.factories import DecisionHourFactory, OrganizationFactory
from tests.metering.closing.given import a_contract, counted, period_of
from tests.metering.conftest import Report, generation

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROMISED = Objective(Decimal("99.9"))


@pytest.fixture
def vic(viewer: Staff, browser_of: Callable[..., Client]) -> Client:
    return browser_of(viewer)


def a_month(number: int, total: int, *, bad: int = 0) -> UsedMonth:
    first = AT.date().replace(year=2025 + number // 13, month=(10 + number) % 12 + 1, day=1)
    served = {"v2": Month(first, Measured(succeeded=total, bad=bad), PROMISED)}
    return UsedMonth(first, {"v2": total, "v1": 0}, calls=total, refused=0, served=served)


def a_brief(*totals: int, **further: object) -> Brief:
    months = [a_month(number, total, bad=number == 2) for number, total in enumerate(totals)]
    organization = Organization(name="Halide & Sons", renewal_on=None)
    return replace(Brief(organization, AT, months, [], None, None, []), **further)  # type: ignore[arg-type]


def test_growth_is_told_of_whole_months() -> None:
    said = brief_sentences.of(a_brief(100, 100, 100, 120, 120, 120, 9))
    assert said[0].startswith("Halide & Sons has had 669 generations since ")
    assert said[1] == "The last three whole months had 20.0% more than the three before (360 and 300)."
    assert "20.0% fewer" in brief_sentences.of(a_brief(100, 100, 100, 80, 80, 80, 9))[1]


def test_nothing_is_said_of_what_did_not_happen() -> None:
    assert brief_sentences.of(a_brief(0, 0))[0] == "Halide & Sons has generated nothing in the last 2 months."
    assert not [said for said in brief_sentences.of(a_brief(5, 5)) if "busiest" in said or "limits" in said]


def test_promises_are_counted_by_month() -> None:
    said = brief_sentences.of(a_brief(100, 100, 100, 100))
    assert any(
        sentence.startswith("v2 kept its promise of 99.9% in 3 of 4 months; the lowest was 99.00%") for sentence in said
    )


def test_refusals_say_how_many_were_ours() -> None:
    refusals = [("Beyond the agreed limits", "RATE_LIMITED", 3), ("No room left with us", "CAPACITY_EXHAUSTED", 1)]
    months = [replace(a_month(0, 96), calls=100, refused=4)]
    said = brief_sentences.of(a_brief(months=months, refusals=refusals))
    most = "most of them with RATE_LIMITED (3: beyond the agreed limits)"
    assert f"4.00% of 100 calls were refused since November 2025, {most}." in said
    assert "1 of them were for want of room on our side." in said


def test_the_page_says_what_was_counted(
    halide: Organization, live: KeySecret, now: datetime, report: Report, vic: Client
) -> None:
    report(
        *(generation(live, now, duration_ms=8_000) for _ in range(7)),
        generation(live, now, api_version="v1"),
        generation(live, now, outcome="failed", failure_cause="engine"),
    )
    hour = now.replace(minute=0, second=0, microsecond=0)
    for code, calls in (("VALID", 18), ("RATE_LIMITED", 2)):
        DecisionHourFactory(organization=halide, key=live.key, api_version="v2", hour=hour, code=code, calls=calls)
    sla_sweep.run(now=now)
    page = vic.get(f"/orgs/{halide.uid}/brief/").content.decode()
    assert "Halide &amp; Sons has had 8 generations since" in page
    assert f"10.00% of 20 calls were refused since {now:%B %Y}, most of them with RATE_LIMITED" in page
    assert "Nothing is included, and no minimum is agreed." in page
    assert "87.50%" in page
    assert "render-farm" in page
    assert 'class="card statement brief"' in page


def test_what_test_keys_do_is_not_in_it(
    halide: Organization, live: KeySecret, sandbox: KeySecret, now: datetime, vic: Client
) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    for secret, calls in ((live, 3), (sandbox, 5)):
        DecisionHourFactory(organization=halide, key=secret.key, api_version="v2", hour=hour, calls=calls)
    found = brief.of(halide, now=now)
    assert (list(found.keys), found.calls) == ([live.key], 3)
    page = vic.get(f"/orgs/{halide.uid}/brief/").content.decode()
    assert live.key.name in page
    assert sandbox.key.name not in page


def test_usage_stands_against_what_the_contract_includes(
    halide: Organization, live: KeySecret, now: datetime, report: Report
) -> None:
    report(*(generation(live, now) for _ in range(3)))
    found = brief.of(halide, now=now)
    assert [one.draft.generations for one in found.periods] == [3]
    assert found.busiest_day == (now.astimezone(UTC).date(), 3)
    assert found.months[-1].succeeded == {"v2": 3, "v1": 0}


def test_a_stranger_s_organization_has_no_brief(
    account_manager: Staff, her_organization: Organization, browser_of: Callable[..., Client]
) -> None:
    mina = browser_of(account_manager)
    assert mina.get(f"/orgs/{her_organization.uid}/brief/").status_code == 200
    assert mina.get(f"/orgs/{OrganizationFactory().uid}/brief/").status_code == 404


def test_keys_that_expire_before_the_renewal_are_named(live: KeySecret) -> None:
    key = live.key
    key.expires_at = AT + timedelta(days=10)
    organization = Organization(name="Halide & Sons", renewal_on=(AT + timedelta(days=40)).date())
    said = brief_sentences.of(a_brief(5, organization=organization, keys=[key]))
    assert "1 live key can be used now." in said
    assert said[-1] == "Before the renewal on 1 January 2027 these expire: render-farm."


def test_what_uses_nothing_up_does_not_go_beyond_what_is_included() -> None:
    contract = a_contract(included_generations=100)
    september, october = period_of(contract, "2026-09"), period_of(contract)
    counted(october, 100)
    counted(october, 90, service_tier="pilot")
    counted(october, 30, original=september)
    assert not BilledPeriod(october, drafts.draft(october)).is_beyond_included
    counted(october, 1, resolution="8K")
    assert BilledPeriod(october, drafts.draft(october)).is_beyond_included
