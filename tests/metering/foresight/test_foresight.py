"""What a period will come to, in generations and in money, as its pages tell."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from metering import foresight, foresight_card
from metering.rating import Quantity
from orgs.models import Staff
from tests.factories import OrganizationFactory
from tests.metering.foresight.given import NOW, TODAY, running, used

pytestmark = pytest.mark.django_db


def test_a_steady_period_ends_as_it_goes_on() -> None:
    found = foresight.of_period(running(), now=NOW)
    assert found.generations is not None
    # All of a day happens at nine: at noon no more of today is to come, and nine days of 100 are left.
    assert (found.used, found.generations.likely, found.generations.days) == (2_150, 3_050, 40)


def test_the_amount_is_what_the_statement_would_say() -> None:
    """3,050 generations, of which 1,000 are included, at 0.0140 each."""
    found = foresight.of_period(running(included_generations=1_000), now=NOW)
    assert found.amounts is not None
    assert (found.amounts.so_far, found.amounts.likely) == (Decimal("16.10"), Decimal("28.70"))
    assert found.amounts.low <= found.amounts.likely <= found.amounts.high


def test_what_is_not_usage_stays_as_it_is() -> None:
    """Late generations of September cost what they cost now, also at the end."""
    october = running()
    alone = foresight.of_period(october, now=NOW)
    september = october.contract.billing_periods.get(label="2026-09")
    used(october, TODAY, 50, original=september)
    found = foresight.of_period(october, now=NOW)
    assert found.amounts is not None
    assert alone.amounts is not None
    assert found.amounts.so_far - alone.amounts.so_far == Decimal("0.70")


def test_without_a_price_no_amount_is_told() -> None:
    october = running()
    used(october, TODAY, 10, api_version="v2", resolution="16K")
    assert foresight.of_period(october, now=NOW).amounts is not None
    unpriced = running(prices=[])
    found = foresight.of_period(unpriced, now=NOW)
    assert found.generations is not None
    assert found.amounts is None


def test_of_too_little_usage_nothing_is_said() -> None:
    found = foresight.of_period(running(days=2), now=NOW)
    assert (found.generations, found.amounts) == (None, None)
    assert "Too little usage" in foresight_card.card(found, [])["sentence"]


def test_test_keys_failures_and_pilots_are_not_expected() -> None:
    october = running()
    for other in ({"environment": "test"}, {"outcome": "failed"}, {"service_tier": "pilot"}):
        used(october, TODAY, 10_000, **other)
    found = foresight.of_period(october, now=NOW)
    assert found.generations is not None
    assert found.generations.likely == 3_050


def test_allowances_say_what_is_used_and_what_will_be() -> None:
    found = foresight.of_period(running(included_generations=2_500, minimum_amount=Decimal(20)), now=NOW)
    included, minimum = found.allowances
    assert (included.percent, included.likely_percent) == (86, 122)
    assert (minimum.percent, minimum.likely_percent, minimum.said(minimum.whole)) == (0, 38, "€20.00")


def test_many_periods_are_looked_at_in_as_many_statements_as_few(django_assert_max_num_queries: Any) -> None:
    periods = [running(days=5) for _ in range(4)]
    with django_assert_max_num_queries(12):
        found = foresight.of_periods(periods, now=NOW)
    assert {one.generations.likely for one in found.values() if one.generations} == {550 + 50 + 900}


def test_a_part_is_scaled_to_the_last_generation() -> None:
    slots = {("v2", "2K"): Quantity(10, 20), ("v2", "4K"): Quantity(1, 4), ("v1", ""): Quantity(1, 1)}
    found = foresight.scaled(slots, 100)
    assert sum(quantity.generations for quantity in found.values()) == 100
    assert found["v2", "2K"].units == 167
    assert foresight.scaled({}, 100) == {}


def test_the_page_tells_it(viewer: Staff, browser_of: Any) -> None:
    october = running(OrganizationFactory(name="Halide & Sons"), included_generations=2_500)
    url = reverse("metering:foresight", args=[october.organization.uid])
    with time_machine.travel(NOW, tick=False):
        page = browser_of(viewer).get(url, {"period": "2026-10"}, headers={"HX-Request": "true"}).text
    assert "About 3,050 generations by the end of 31 Oct 2026." in page
    assert "2,150 of 2,500" in page
    assert "Likely 122% at the end of the period." in page
    assert "<html" not in page


def test_an_organization_without_a_period_says_so(viewer: Staff, browser_of: Any) -> None:
    url = reverse("metering:foresight", args=[OrganizationFactory().uid])
    assert "No billing period now" in browser_of(viewer).get(url).text
