"""What a statement would say: its lines add up to its total, and to everything that the ledger holds of the period."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering import drafts, period_page
from metering.drafts import Draft
from metering.models import BillingPeriod
from tests.capacity import a_pool, a_reservation
from tests.factories import OrganizationFactory
from tests.metering.closing.given import a_contract, counted, in_review, period_of, set_state

pytestmark = pytest.mark.django_db


def _said(draft: Draft) -> list[tuple[str, str, int | None, str]]:
    return [(line.kind, line.name, line.quantity, f"{line.amount:f}") for line in draft.lines]


def _adds_up(draft: Draft) -> bool:
    whole = draft.billed_generations == draft.generations
    return whole and sum((line.amount for line in draft.lines), Decimal(0)) == draft.total


def test_usage_is_a_line_for_each_price() -> None:
    october = period_of(a_contract(included_generations=400))
    counted(october, 1_000)
    counted(october, 200, resolution="4K", units=800)
    counted(october, 10, api_version="v1", resolution="")
    draft = drafts.draft(october)
    assert _said(draft) == [
        ("usage", "v2 generations, up to 2K", 1_000, "8.40"),
        ("usage", "v2 generations, 4K", 200, "24.80"),
        ("usage", "v1 generations", 10, "0.11"),
    ]
    assert [line.note for line in draft.lines] == [
        "400 of them included",
        "800 billed units; 100 at €0.0380, then 700 at €0.03",
        "",
    ]
    assert (draft.total, draft.unpriced) == (Decimal("33.31"), ())
    assert _adds_up(draft)


def test_a_line_opens_exactly_its_generations() -> None:
    october = period_of(a_contract())
    path = f"{october.organization.uid}/2026-10"
    counted(october, 1)
    counted(october, 1, resolution="8K")
    two, others = drafts.draft(october).lines
    everything = {"period": path, "original": "none", "version": "v2", "outcome": "succeeded", "not_tier": "pilot"}
    assert two.opens == {**everything, "resolution": ["2K"]}
    assert others.opens == {**everything, "not_resolution": ["2K", "4K"]}


def test_what_is_not_billed_is_no_line() -> None:
    october = period_of(a_contract())
    counted(october, 5, outcome="failed", failure_cause="engine")
    counted(october, 7, environment="test")
    draft = drafts.draft(october)
    assert (draft.lines, draft.total, draft.generations) == ((), Decimal("0.00"), 0)


def test_a_pilot_costs_nothing_and_uses_nothing_up() -> None:
    october = period_of(a_contract(included_generations=100))
    counted(october, 100)
    counted(october, 90, service_tier="pilot")
    draft = drafts.draft(october)
    assert [(line.kind, line.quantity, line.amount) for line in draft.lines] == [("usage", 100, 0), ("pilot", 90, 0)]
    assert _adds_up(draft)


def test_usage_without_a_price_is_named() -> None:
    october = period_of(a_contract(prices=[]))
    counted(october, 3)
    draft = drafts.draft(october)
    assert draft.unpriced == ("v2 generations, 2K",)
    assert draft.lines[0].note == "no price is agreed"


def test_what_is_missing_to_the_minimum_is_a_line() -> None:
    october = period_of(a_contract(minimum_amount=Decimal(20)))
    counted(october, 1_000)
    draft = drafts.draft(october)
    assert _said(draft)[1] == ("minimum", "Minimum not reached", None, "6.00")
    assert draft.lines[1].note == "€20.00 is agreed"
    assert draft.total == Decimal(20)


def test_late_generations_cost_what_they_would_have_cost_then() -> None:
    contract = a_contract(included_generations=1_000)
    september, october = period_of(contract, "2026-09"), period_of(contract)
    counted(september, 900)
    set_state(september, "final")
    counted(october, 300, original=september)
    counted(october, 1_000)
    draft = drafts.draft(october)
    # A hundred of them were still included in September.
    assert _said(draft) == [
        ("usage", "v2 generations, up to 2K", 1_000, "0.00"),
        ("late", "Late generations of September 2026", 300, "2.80"),
    ]
    assert draft.lines[1].opens["original"] == "2026-09"  # type: ignore[index]
    assert draft.late == 300
    assert _adds_up(draft)


def test_late_ones_follow_those_that_were_late_before() -> None:
    contract = a_contract(included_generations=1_000)
    august, september, october = (period_of(contract, label) for label in ("2026-08", "2026-09", "2026-10"))
    counted(august, 900)
    counted(september, 60, original=august)
    counted(october, 60, original=august)
    both = drafts.of_periods([september, october])
    assert [draft.total for draft in both.values()] == [Decimal("0.00"), Decimal("0.28")]
    # In whatever order they are drafted; one that is final comes first.
    assert drafts.draft(september).total == Decimal("0.00")
    set_state(october, "final")
    assert drafts.draft(september).total == Decimal("0.28")


def test_what_was_missing_to_the_minimum_is_used_up_by_late_ones() -> None:
    contract = a_contract(minimum_amount=Decimal(20))
    september, october = period_of(contract, "2026-09"), period_of(contract)
    counted(september, 1_000)
    counted(october, 500, original=september)
    counted(october, 2_000)
    assert _said(drafts.draft(october))[1:] == [
        ("late", "Late generations of September 2026", 500, "7.00"),
        ("minimum", "Minimum of September 2026", None, "-6.00"),
    ]


def test_a_credit_that_is_greater_than_the_rest_makes_the_total_negative() -> None:
    contract = a_contract()
    september, october = period_of(contract, "2026-09"), period_of(contract)
    counted(september, 1_000)
    counted(october, -400, original=september)
    draft = drafts.draft(october)
    assert draft.total == Decimal("-5.60")
    assert _adds_up(draft)


def test_reserved_capacity_is_charged_by_unit_and_day() -> None:
    contract = a_contract(capacity_fee=Decimal("9.50"))
    with time_machine.travel(datetime(2026, 9, 15, tzinfo=UTC), tick=False):
        pool, whose = a_pool("lisbon-a"), contract.organization
        a_reservation(pool, units=8, first=0, last=35, organization=whose)
        a_reservation(pool, units=2, first=46, last=48, organization=whose)
        a_reservation(pool, units=1, first=17, last=20, organization=whose, hold_for=timedelta(days=5))
    (line,) = drafts.draft(period_of(contract)).lines
    assert (line.name, line.note) == ("Dedicated capacity, lisbon-a", "8 units × 20 days, 2 units × 1 day")
    assert (line.quantity, line.unit_price, line.amount) == (162, Decimal("9.50"), Decimal("1539.00"))


def test_a_running_amount_says_that_reserved_days_ahead_are_in_it() -> None:
    contract = a_contract(capacity_fee=Decimal("9.50"))
    with time_machine.travel(datetime(2026, 9, 15, tzinfo=UTC), tick=False):
        a_reservation(a_pool("lisbon-a"), units=8, first=0, last=35, organization=contract.organization)

    def named(period: BillingPeriod) -> str:
        return period_page.comparison(period_page.of(period), None)[1][0]

    october = period_of(contract)
    assert named(october) == "Amount, with what is reserved until its end"
    assert named(period_of(contract, "2026-08")) == "Amount"
    set_state(october, "review")
    assert named(period_of(contract)) == "Amount"


def test_many_are_drafted_with_as_many_statements_as_one(django_assert_num_queries: object) -> None:
    def periods(count: int) -> list[BillingPeriod]:
        found = [in_review(a_contract(OrganizationFactory(), capacity_fee=Decimal(1))) for _ in range(count)]
        for period in found:
            counted(period, 10)
        return found

    for some in (periods(1), periods(4)):
        with django_assert_num_queries(6):  # type: ignore[operator]
            drafts.of_periods(some)


USAGE = st.lists(
    st.tuples(
        st.sampled_from(["v1", "v2"]),
        st.sampled_from(["2K", "4K", "8K", ""]),
        st.sampled_from(["shared", "pilot"]),
        st.booleans(),
        st.integers(1, 5_000),
        st.integers(1, 4),
    ),
    max_size=8,
    unique_by=lambda row: row[:4],
)


@given(usage=USAGE, included=st.integers(0, 6_000), minimum=st.none() | st.integers(1, 300))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_add_up_to_the_total_and_to_the_ledger(
    usage: list[tuple[str, str, str, bool, int, int]], included: int, minimum: int | None
) -> None:
    contract = a_contract(included_generations=included, minimum_amount=minimum)
    september, october = period_of(contract, "2026-09"), period_of(contract)
    counted(september, 700)
    for version, resolution, tier, is_late, generations, each in usage:
        counted(
            october,
            generations,
            units=generations * each,
            api_version=version,
            resolution=resolution,
            service_tier=tier,
            original=september if is_late else None,
        )
    draft = drafts.draft(october)
    assert draft.generations == sum(row[4] for row in usage)
    assert _adds_up(draft)
