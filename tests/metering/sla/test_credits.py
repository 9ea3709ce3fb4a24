"""What a statement gives back: of each version below its agreed availability, a part of what its usage costs."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys.models import KeySecret
from metering import rating, sla_credits
from metering.models import BillingPeriod
from metering.rating import Quantity, SlaCredit
from metering.sla import Measured
from orgs.models import Organization, Staff
from tests.factories import DecisionHourFactory
from tests.metering.adjustments import conftest as adjustments
from tests.metering.conftest import Report, generation, put

PRICES = tuple(
    rating.Price(f"{version}", version, (), (rating.Tier(None, Decimal(price)),))
    for version, price in (("v2", "0.0140"), ("v1", "0.0100"))
)
CREDITS = (SlaCredit(Decimal("99.90"), Decimal(10)), SlaCredit(Decimal("99.00"), Decimal("25")))
TERMS = rating.Terms(1, "EUR", 1, "UTC", prices=PRICES, sla_credits=CREDITS)
USED = {("v2", "2K"): Quantity(10_000, 10_000), ("v1", "1K"): Quantity(5_000, 5_000)}


def credited(how: dict[str, Measured], terms: rating.Terms = TERMS) -> list[tuple[str, str, Decimal]]:
    rated = rating.rate(terms, USED)
    found = sla_credits.lines(7, rated, terms, {(7, version): measured for version, measured in how.items()})
    return [(line.name, line.note, line.amount) for line in found]


def test_a_version_below_is_credited_on_its_own_usage() -> None:
    found = credited({"v2": Measured(succeeded=9_986, bad=14), "v1": Measured(succeeded=5_000)})
    assert found == [("SLA credit, v2", "99.86% available, below 99.9%: 10% of €140.00", Decimal("-14.00"))]


def test_the_deepest_tier_counts_and_not_their_sum() -> None:
    found = credited({"v2": Measured(succeeded=98, bad=2), "v1": Measured(succeeded=9_989, refused=11)})
    assert [amount for _, _, amount in found] == [Decimal("-35.00"), Decimal("-5.00")]


@pytest.mark.parametrize(
    "how", [{}, {"v2": Measured(excluded=9)}, {"v2": Measured(succeeded=999, bad=1)}, {"v1": Measured(succeeded=1)}]
)
def test_nothing_is_credited_where_the_promise_was_kept(how: dict[str, Measured]) -> None:
    assert credited(how) == []


def test_what_costs_nothing_is_not_credited() -> None:
    free = rating.Terms(1, "EUR", 1, "UTC", included_generations=100_000, prices=PRICES, sla_credits=CREDITS)
    assert credited({"v2": Measured(bad=5)}, free) == []


def test_a_credit_is_rounded_once_to_the_currency() -> None:
    yen = rating.Terms(1, "JPY", 1, "UTC", prices=PRICES, sla_credits=CREDITS)
    assert [amount for *_, amount in credited({"v1": Measured(succeeded=1, bad=1)}, yen)] == [Decimal("-12")]


def test_a_period_is_measured_by_what_was_counted_into_it(
    halide: Organization, live: KeySecret, now: datetime, report: Report
) -> None:
    failed = {"outcome": "failed"}
    report(
        generation(live, now),
        generation(live, now),
        generation(live, now, **failed, failure_cause="engine"),
        generation(live, now, **failed, failure_cause="content"),
    )
    period = BillingPeriod.objects.containing(now).select_related("contract").get(organization=halide)
    hours: list[dict[str, Any]] = [
        {"hour": now.replace(minute=0, second=0, microsecond=0), "calls": 1},
        {"hour": period.span.upper, "calls": 50},
    ]
    for one in hours:
        DecisionHourFactory(organization=halide, key=live.key, api_version="v2", code="CAPACITY_EXHAUSTED", **one)
    agreed = {period.contract_id: TERMS}
    assert sla_credits.served([period], agreed) == {(period.pk, "v2"): Measured(2, 1, 1, 1)}


def test_voids_of_an_earlier_period_earn_no_credit(
    halide: Organization, live: KeySecret, now: datetime, report: Report, administrator: Staff, billing: Staff
) -> None:
    earlier, period = BillingPeriod.objects.filter(organization=halide).select_related("contract").order_by("span")
    found = [adjustments.reported(report, live, now) for _ in range(2)]
    put(halide, earlier.label, BillingPeriod.State.FINAL)
    for one in found:
        adjustments.approve(adjustments.asked(one, billing), administrator, now)
    at = period.span.lower + timedelta(hours=1)
    served = [generation(live, at) for _ in range(4)]
    report(*served, generation(live, at, outcome="failed", failure_cause="engine"), at=at)
    assert sla_credits.served([period], {period.contract_id: TERMS}) == {(period.pk, "v2"): Measured(4, 1)}


def test_contracts_without_credits_are_not_even_asked_about(halide: Organization) -> None:
    periods = list(BillingPeriod.objects.select_related("contract"))
    with CaptureQueriesContext(connection) as asked:
        assert sla_credits.served(periods, {period.contract_id: rating.UNPRICED for period in periods}) == {}
    assert not asked
    assert sla_credits.of_period(periods[0], rating.rate(rating.UNPRICED, {})) == []
