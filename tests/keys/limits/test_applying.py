"""Which limits a call meets."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.limits.applying import LARGEST_EXACT, Limit, applying
from tests.keys.limits.examples import rate

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def names(*limits: Limit, api_version: str = "v2") -> list[str]:
    return [one.name for one in applying(limits, api_version=api_version, at=NOW)]


def test_an_organizations_limit_replaces_the_plans_of_the_same_slot() -> None:
    plan, own = rate(name="plan", api_version="v2"), rate(name="own", api_version="v2", owner="organization")
    assert names(plan, own) == ["own"]


def test_an_organizations_limit_leaves_the_plans_other_slots_alone() -> None:
    plan, own = rate(name="plan", api_version="v2"), rate(name="own", owner="organization")
    hourly = rate(name="hourly", api_version="v2", owner="organization", period_s=3600)
    of_units = rate(name="units", api_version="v2", owner="organization", dimension="units")
    assert names(plan, own, hourly, of_units) == ["plan", "own", "hourly", "units"]


def test_a_keys_limit_is_a_further_one() -> None:
    plan, of_key = rate(name="plan"), rate(name="key", owner="key")
    assert names(plan, of_key) == ["plan", "key"]


def test_a_versions_limit_and_one_for_any_version_both_hold() -> None:
    any_version, v1, v2 = rate(name="any"), rate(name="v1", api_version="v1"), rate(name="v2", api_version="v2")
    assert names(any_version, v1, v2) == ["any", "v2"]
    assert names(any_version, v1, v2, api_version="v1") == ["any", "v1"]


@pytest.mark.parametrize(
    ("begins", "ends", "holds"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + SECOND, None, False),
        (NOW - SECOND, NOW, False),
        (NOW - SECOND, NOW + SECOND, True),
    ],
)
def test_a_limit_holds_from_its_start_until_just_before_its_end(
    begins: datetime | None, ends: datetime | None, holds: bool
) -> None:
    assert names(rate(effective_from=begins, effective_until=ends)) == (["minute"] if holds else [])


def test_a_replacement_of_tomorrow_replaces_nothing_today() -> None:
    plan, own = rate(name="plan"), rate(name="own", owner="organization", effective_from=NOW + SECOND)
    assert names(plan, own) == ["plan"]


@given(limit=st.integers(1, 10**9), period_s=st.integers(1, 10**8), burst=st.integers(1, 1000))
def test_a_rate_in_lowest_terms_is_the_same_rate_or_a_slower_one(limit: int, period_s: int, burst: int) -> None:
    count, period = rate(limit, period_s, burst).exact
    assert Fraction(count, period) <= Fraction(limit, period_s * 1_000_000)
    if burst * Fraction(period_s * 1_000_000, 1) < LARGEST_EXACT:
        assert Fraction(count, period) == Fraction(limit, period_s * 1_000_000)


def test_only_a_limit_of_units_counts_units() -> None:
    assert [rate(dimension=one).cost(7) for one in ("requests", "generations", "units")] == [1, 1, 7]
