"""A quantile of a histogram is right within the width of its bucket, whatever is added to it in which order."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering import histograms

times = st.lists(st.integers(0, 2**31 - 1) | st.integers(1, 60_000), min_size=1, max_size=60)


def exact(measured: list[int], part: float) -> int:
    return sorted(measured)[max(1, math.ceil(round(part * len(measured), 6))) - 1]


@settings(max_examples=60, deadline=None)
@given(measured=times, part=st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]))
def test_the_exact_quantile_lies_between_the_bounds(measured: list[int], part: float) -> None:
    found = histograms.quantile(histograms.histogram(measured), part)
    assert found is not None
    assert found.low < max(exact(measured, part), 1) <= found.high
    assert found.of == len(measured)


@settings(max_examples=60, deadline=None)
@given(milliseconds=st.integers(1, 2**31 - 1))
def test_a_bucket_is_at_most_two_percent_wide(milliseconds: int) -> None:
    number = histograms.bucket(milliseconds)
    assert histograms.WIDTH ** (number - 1) < milliseconds <= histograms.WIDTH**number * (1 + 1e-12)
    assert histograms.WIDTH <= 1.02


@settings(max_examples=40, deadline=None)
@given(days=st.lists(times, min_size=1, max_size=5))
def test_the_histograms_of_days_add_up_to_that_of_all(days: list[list[int]]) -> None:
    merged: Counter[int] = Counter()
    for day in days:
        merged += histograms.histogram(day)
    assert merged == histograms.histogram([took for day in days for took in day])


def test_nothing_has_no_quantile() -> None:
    assert histograms.quantile({}, 0.95) is None


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_what_a_row_keeps_is_read_as_it_was_written(part: float) -> None:
    assert histograms.parsed({"412": 3, "0": 1}) == {412: 3, 0: 1}
    assert histograms.quantile(histograms.parsed({"412": 3}), part) is not None
