"""The board of account managers: whose organizations, in which order, and what needs somebody."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keys.models import KeySecret
from metering import accounts, attention, sla_sweep
from metering.models import PeriodCheck, UsageAlert
from orgs.models import Organization, Staff
from tests.factories import (
    KeyFactory,
    LeakFactory,
    LinkFactory,
    NoticeFactory,
    OrganizationFactory,
    PilotFactory,
    PlanVersionFactory,
    SecretFactory,
    record_fixture,
)
from tests.metering.conftest import Report, generation

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def vic(viewer: Staff, browser_of: Callable[..., Client]) -> Client:
    return browser_of(viewer)


def names(page: str) -> list[str]:
    return re.findall(r'<a class="lead" href="/orgs/\w+/">([^<]+)</a>', page)


def needs(organization: Organization, now: datetime) -> list[str]:
    return [item.text for item in attention.of([organization], now=now)[organization.pk]]


def test_an_account_manager_sees_her_own_and_others_everybody_s(
    account_manager: Staff,
    vic: Client,
    her_organization: Organization,
    other_organization: Organization,
    browser_of: Callable[..., Client],
) -> None:
    OrganizationFactory(name="Gone", status="closed")
    assert names(browser_of(account_manager).get("/accounts/").content.decode()) == ["Halide &amp; Sons"]
    assert names(vic.get("/accounts/").content.decode()) == ["Halide &amp; Sons", "Kestrel VFX"]


def test_a_manager_stands_in_the_address(
    vic: Client, account_manager: Staff, her_organization: Organization, other_organization: Organization
) -> None:
    assert names(vic.get(f"/accounts/?manager={account_manager.uid}").content.decode()) == ["Halide &amp; Sons"]
    assert names(vic.get("/accounts/?manager=nobody").content.decode()) == ["Kestrel VFX"]
    assert names(vic.get("/accounts/?manager=stf_unknown%00").content.decode()) == ["Halide &amp; Sons", "Kestrel VFX"]
    assert "No organization in this view" in vic.get("/accounts/?manager=stf_unknown").content.decode()


def test_what_is_most_urgent_stands_first(
    vic: Client, her_organization: Organization, other_organization: Organization, now: datetime
) -> None:
    calm = OrganizationFactory(name="Aardvark")
    KeyFactory(organization=her_organization, name="previz", expires_at=now + timedelta(days=9))
    LeakFactory(secret=SecretFactory(key__organization=other_organization, key__name="leaky"))
    page = vic.get("/accounts/").content.decode()
    assert names(page) == ["Kestrel VFX", "Halide &amp; Sons", "Aardvark"]
    assert "Secret of leaky leaked" in page
    assert "Key previz expires" in page
    assert "2 organizations need somebody" in page
    assert names(vic.get("/accounts/?show=needing").content.decode()) == ["Kestrel VFX", "Halide &amp; Sons"]
    assert names(vic.get("/accounts/?order=organization").content.decode())[0] == calm.name
    assert names(vic.get("/accounts/?order=-organization").content.decode())[-1] == calm.name


def test_orders_by_usage_and_by_renewal(
    live: KeySecret, kestrel: Organization, now: datetime, report: Report, vic: Client
) -> None:
    report(generation(live, now), generation(live, now))
    with_date = OrganizationFactory(name="Renewed", renewal_on=now.date() + timedelta(days=200))
    assert names(vic.get("/accounts/?order=-usage").content.decode())[0] == "Halide &amp; Sons"
    assert names(vic.get("/accounts/?order=renewal").content.decode())[0] == with_date.name
    assert names(vic.get("/accounts/?order=nonsense").content.decode())


def test_each_thing_that_needs_somebody_is_told(now: datetime) -> None:
    organization = OrganizationFactory(
        status="pilot", plan_version=PlanVersionFactory(plan__code="pilot"), renewal_on=now.date() + timedelta(days=30)
    )
    PilotFactory(organization=organization, ends_at=now + timedelta(days=3))
    secret = SecretFactory(key__organization=organization, key__name="prod")
    LinkFactory(secret=secret, expires_at=now + HOUR)
    NoticeFactory(organization=organization, email="pipeline@halide.example", state="failed")
    found = needs(organization, now)
    assert found[:2] == ["One-time link of prod ends unopened", "Pilot ends"]
    assert set(found[2:]) == {"A mail to pipeline@halide.example failed", "Renewal"}


def test_a_renewal_that_was_due_and_one_far_ahead(now: datetime) -> None:
    assert needs(OrganizationFactory(renewal_on=now.date() - timedelta(days=1)), now) == ["Renewal was due"]
    assert needs(OrganizationFactory(renewal_on=now.date() + timedelta(days=61)), now) == []


def test_a_period_that_stays_in_review_needs_somebody(halide: Organization, now: datetime) -> None:
    period = halide.billing_periods.order_by("span").first()
    assert period is not None
    record_fixture(halide.uid)
    period.state, period.review_until = "review", now - HOUR
    period.save(update_fields=["state", "review_until"])
    later = period.span.upper + timedelta(days=6)
    assert needs(halide, later) == []
    PeriodCheck.objects.create(
        period=period, checked_at=now, generations=1, late=0, amount=0, currency="EUR", differing=3
    )
    assert needs(halide, later) == [f"Period {period}: gateway counts differ in 3 hours"]


ALL_USED = "The included generations are used up"


def test_included_generations_that_run_out_need_somebody(halide: Organization, now: datetime) -> None:
    period = halide.billing_periods.containing(now).get()
    record_fixture(period.target.id, halide.uid)
    for kind, threshold in (("included", 50), ("minimum", 100), ("included", 80), ("included", 95), ("included", 100)):
        UsageAlert.objects.create(period=period, kind=kind, threshold=threshold, used=threshold, whole=100)
        said = f"{threshold}% of the included generations used" if threshold < 100 else ALL_USED
        expected = [] if threshold < 80 or kind == "minimum" else [said]
        assert needs(halide, now) == expected


def test_a_row_says_how_much_of_what_is_agreed_is_used(
    halide: Organization, live: KeySecret, now: datetime, report: Report, vic: Client
) -> None:
    report(*(generation(live, now) for _ in range(3)))
    assert "no price agreed" in vic.get("/accounts/").content.decode()
    [account] = accounts.of([halide], now=now)
    accounts.complete([account], now=now)
    assert (account.generations, account.course[-1], account.allowance) == (3, 3, None)


def test_a_promise_that_is_not_kept_needs_somebody(
    halide: Organization, live: KeySecret, now: datetime, report: Report, vic: Client
) -> None:
    report(generation(live, now), generation(live, now, outcome="failed", failure_cause="engine"))
    sla_sweep.run(now=now)
    page = vic.get("/accounts/").content.decode()
    assert "v2 misses its availability promise: 50.00%" in page
    assert f"/orgs/{halide.uid}/sla/?version=v2" in page


def test_the_number_of_statements_does_not_grow_with_the_organizations(vic: Client, now: datetime) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            vic.get("/accounts/")
        return len(asked)

    _needing(3, now)
    statements()
    few = statements()
    _needing(9, now)
    # Something that is remembered for a while may be read anew in between; nine organizations are more than that.
    assert statements() <= few + 2


def _needing(count: int, now: datetime) -> None:
    for _ in range(count):
        key: Any = KeyFactory(expires_at=now + timedelta(days=9))
        LeakFactory(secret=SecretFactory(key=key))


def test_an_order_that_nobody_knows_is_by_urgency() -> None:
    assert accounts.ordered([], "urgency") == []
    assert timezone.now() > attention.Attention("x", "/").urgency[1]
