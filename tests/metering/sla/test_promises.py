"""Attainment, error budget, p95 and credit against what was promised."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering import histograms, sla
from metering.rating import SlaCredit
from metering.sla import Measured
from orgs.objectives import Objective

PROMISED = Objective(Decimal("99.900"), 15_000)
TIERS = [SlaCredit(Decimal(below), Decimal(credit)) for below, credit in (("99.90", 10), ("99.00", 25), ("95", 100))]

counts = st.integers(0, 10_000)
measured = st.builds(
    lambda good, bad, left_out, refused, took, stage: Measured(
        good, bad, left_out, refused, histograms.histogram(took), {"render": histograms.histogram(stage)}
    ),
    counts,
    counts,
    counts,
    counts,
    st.lists(st.integers(1, 60_000), max_size=20),
    st.lists(st.integers(1, 60_000), max_size=20),
)


@settings(max_examples=50, deadline=None)
@given(days=st.lists(measured, min_size=1, max_size=6), cut=st.integers(0, 6))
def test_days_add_up_to_their_month_however_they_are_cut(days: list[Measured], cut: int) -> None:
    whole = sla.total(days)
    parts = sla.total([sla.total(days[:cut]), sla.total(days[cut:])])
    assert whole == parts
    assert whole.counted == sum(day.counted for day in days)
    assert whole.attainment == parts.attainment


@settings(max_examples=50, deadline=None)
@given(of=measured, further=st.integers(0, 50_000))
def test_a_promise_is_kept_exactly_as_long_as_budget_is_left(of: Measured, further: int) -> None:
    budget = sla.budget(of, PROMISED)
    assert budget is not None
    if of.counted:
        assert sla.is_kept(of, PROMISED) == (budget.left >= 0)
    longer = sla.budget(of, PROMISED, expected=of.counted + further)
    assert longer is not None
    assert longer.left >= budget.left


def test_only_what_we_failed_counts_against_us() -> None:
    month = Measured(succeeded=998, bad=1, excluded=500, refused=1)
    assert month.attainment == Fraction(998, 1000)
    assert sla.said(month.attainment, PROMISED) == "99.80%"
    assert sla.is_kept(month, PROMISED) is False
    assert sla.budget(month, PROMISED) == sla.Budget(allowed=1, used=2)


def test_an_attainment_is_cut_and_never_rounded_up_to_its_promise() -> None:
    assert sla.said(Fraction(99_899_999, 100_000_000), PROMISED) == "99.89%"
    assert sla.said(Fraction(99_949_999, 100_000_000), Objective(Decimal("99.995"))) == "99.949%"
    assert sla.said(None, PROMISED) == "–"


def test_a_third_of_a_month_tells_the_whole_of_it() -> None:
    assert sla.expected(Measured(succeeded=90, bad=10, excluded=900), Fraction(1, 3)) == 300


def test_nothing_is_judged_where_nothing_is_promised_or_nothing_happened() -> None:
    assert sla.is_kept(Measured(succeeded=1, bad=9), Objective()) is None
    assert sla.budget(Measured(succeeded=1, bad=9), Objective()) is None
    assert sla.is_kept(Measured(excluded=3), PROMISED) is None
    assert sla.is_fast(Measured(), PROMISED) is None


def test_the_rest_of_a_month_may_bear_more() -> None:
    budget = sla.budget(Measured(succeeded=4_990, bad=10), PROMISED, expected=20_000)
    assert budget == sla.Budget(allowed=20, used=10)
    assert (budget.left, budget.part_left) == (10, Fraction(1, 2))


@pytest.mark.parametrize(("took", "fast"), [(14_000, True), (16_000, False), (15_001, None)])
def test_a_p95_is_judged_only_where_its_bucket_does_not_hold_the_promise(took: int, fast: bool | None) -> None:
    month = Measured(succeeded=1, durations=histograms.histogram([took]))
    assert sla.is_fast(month, PROMISED) is fast


@pytest.mark.parametrize(
    ("succeeded", "credit"), [(9_990, None), (9_989, "10"), (9_900, "10"), (9_899, "25"), (9_499, "100"), (0, "100")]
)
def test_the_deepest_tier_missed_is_credited(succeeded: int, credit: str | None) -> None:
    found = sla.deepest(Fraction(succeeded, 10_000), TIERS)
    assert (found and str(found.credit)) == credit


def test_nothing_is_credited_for_a_month_without_use() -> None:
    assert sla.deepest(None, TIERS) is None
    assert sla.deepest(Fraction(0), []) is None
