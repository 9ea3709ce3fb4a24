"""What an account manager may set, and what needs somebody above."""

import pytest

from keys.limits import thresholds
from keys.limits.limit_changes import Change
from keys.limits.slots import Slot
from orgs.models import Organization
from tests.keys.limits.setting import JOBS, MONTH, TERM, V2, rate

# The plan: 120 a minute, 8 jobs, 1,000 generations a month; its threshold of 600 is five times its rate.
PLAN = {V2: rate(120), JOBS: Change(JOBS, limit=8), MONTH: Change(MONTH, limit=1_000)}


@pytest.mark.parametrize(
    ("change", "is_above"),
    [
        (rate(600), False),
        (rate(601), True),
        (Change(Slot("rate", period_s=1), limit=10, burst=1), False),
        (Change(Slot("rate", period_s=1), limit=11, burst=1), True),
        (Change(Slot("rate", period_s=3_600), limit=36_000, burst=1), False),
        (Change(Slot("rate", period_s=3_600), limit=3_600, burst=560), False),
        (Change(Slot("rate", period_s=3_600), limit=3_600, burst=561), True),
        (rate(120, burst=500), False),
        (rate(120, burst=501), True),
        (rate(1, burst=1_000), True),
        (rate(580, burst=40), False),
        (rate(580, burst=41), True),
        (rate(100, mode="warn"), True),
        (Change(V2, remove=True), False),
        (Change(JOBS, limit=40), False),
        (Change(JOBS, limit=41), True),
        (Change(MONTH, limit=4_000, overage_allowance=1_000), False),
        (Change(MONTH, limit=4_000, overage_allowance=1_001), True),
        (Change(Slot("window", dimension="units", window="day"), limit=10**9), False),
        (Change(TERM, limit=1), True),
        (Change(TERM, remove=True), True),
    ],
)
def test_a_limit_is_above_the_threshold_in_proportion(change: Change, is_above: bool) -> None:
    assert thresholds.above([change], plan=PLAN, threshold=600) == ([change] if is_above else [])


def test_without_a_threshold_nothing_is_above() -> None:
    assert thresholds.above([rate(10**9)], plan=PLAN, threshold=None) == []


@pytest.mark.parametrize("change", [Change(JOBS, limit=8), rate(120), rate(90, burst=50)])
def test_a_plan_above_its_own_threshold_may_be_kept(change: Change) -> None:
    assert thresholds.above([change], plan=PLAN, threshold=60) == []


@pytest.mark.parametrize("change", [rate(121), rate(120, burst=21)])
def test_a_plan_above_its_own_threshold_may_not_be_exceeded(change: Change) -> None:
    assert thresholds.above([change], plan=PLAN, threshold=60) == [change]


def test_of_a_slot_that_the_plan_has_not_the_largest_burst_of_its_rates_is_usual() -> None:
    any_version = Slot("rate", period_s=60)
    fits, exceeds = (Change(any_version, limit=600, burst=burst) for burst in (20, 21))
    assert thresholds.above([fits, exceeds], plan=PLAN, threshold=600) == [exceeds]
    assert thresholds.above([fits], plan={}, threshold=600) == [fits]


def test_what_a_burst_makes_of_a_rate_is_said() -> None:
    assert thresholds.said(rate(601), threshold=600) == "v2 requests a minute"
    with_burst = "v2 requests a minute, with the burst 1,120 in any one minute"
    assert thresholds.said(rate(120, burst=1_000), threshold=600) == with_burst


def test_the_plans_to_begin_with_have_twice_their_rate(studio: Organization) -> None:
    version = studio.plan_version
    plan = thresholds.of_plan(version.limits.all())
    assert version.approval_threshold == 600
    assert thresholds.above([rate(600), rate(601)], plan=plan, threshold=version.approval_threshold) == [rate(601)]
