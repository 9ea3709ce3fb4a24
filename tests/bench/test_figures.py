"""Medians, ratios and the line that machines read."""

import re
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import figures

NUMBERS = st.lists(st.floats(min_value=0, max_value=1e9), min_size=1)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    hundred = [float(value) for value in range(1, 101)]
    assert [figures.percentile(hundred, share) for share in (0, 0.5, 0.99, 1)] == [1, 50, 99, 100]
    assert figures.percentile([3.5], 0.99) == 3.5


@given(NUMBERS, st.sampled_from([0.01, 0.5, 0.9, 0.99, 0.999]))
def test_a_percentile_is_the_least_value_that_enough_values_do_not_exceed(values: list[float], share: float) -> None:
    ascending = sorted(values)
    found = figures.percentile(ascending, share)
    assert sum(value <= found for value in ascending) >= share * len(ascending) - 1e-6
    assert sum(value < found for value in ascending) < share * len(ascending)


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="of nothing"):
        figures.percentile([], 0.5)


def test_a_ratio_is_of_the_same_round() -> None:
    # The machine was half as fast in the second round, for both.
    assert figures.paired([10, 5, 12], [20, 10, 20]) == [0.5, 0.5, 0.6]
    assert figures.median_ratio([10, 5, 12], [20, 10, 20]) == 0.5


def test_a_round_without_its_base_is_no_ratio() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        figures.median_ratio([1, 2], [1])


@given(st.floats(min_value=0, max_value=1e9))
def test_a_figure_is_a_plain_decimal(value: float) -> None:
    text = figures.plain(value)
    assert re.fullmatch(r"\d+\.\d+", text)
    assert float(text) == pytest.approx(value, abs=0.0005 if value < 100 else 0.05)


def test_the_last_line_names_its_figures_in_their_order() -> None:
    assert figures.last_line(b=1234567.89, a=0.12345) == "b=1234567.9 a=0.123"


def test_the_median_of_five_is_the_third() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert figures.median(values) == statistics.median(values) == 3.0


def test_a_table_can_be_pasted_into_a_page() -> None:
    assert figures.table(["", "answers/s"], [["validate", "443"], ["empty", "3824"]]).splitlines() == [
        "|          | answers/s |",
        "|----------|----------:|",
        "| validate |       443 |",
        "| empty    |      3824 |",
    ]
