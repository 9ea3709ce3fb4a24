"""What counts late, or is voided, costs exactly what it would have made of the statement that is final."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings

from metering import rating
from metering.rating import Price, Quantity, RatedLine, Terms, Tier, Usage
from tests.metering.rating.conftest import agreed, shares, usages

few = settings(max_examples=60)


def _sum(one: Usage, other: Usage) -> Usage:
    return {slot: one.get(slot, Quantity()) + other.get(slot, Quantity()) for slot in {**one, **other}}


def _voided(usage: Usage) -> Usage:
    return {slot: Quantity(-one.generations, -one.units) for slot, one in usage.items()}


def _total(lines: tuple[RatedLine, ...]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


@few
@given(agreed(), usages, usages, shares)
def test_both_together_cost_what_both_at_once_would(terms: Terms, one: Usage, other: Usage, share: Fraction) -> None:
    lines = rating.late(terms, one, other, share)
    before, at_once = rating.rate(terms, one, share), rating.rate(terms, _sum(one, other), share)
    assert before.total + _total(lines) == at_once.total
    difference = {line.slot: line for line in lines}
    was = {line.slot: line for line in before.lines}
    for line in at_once.lines:
        found = [rated[line.slot] for rated in (was, difference) if line.slot in rated]
        assert sum(one.amount for one in found) == line.amount
        assert sum(one.quantity for one in found) == line.quantity
        assert sum(one.billed_units for one in found) == line.billed_units


@few
@given(agreed(), usages, usages, usages, shares)
def test_in_how_many_parts_it_comes_makes_no_difference(
    terms: Terms, before: Usage, one: Usage, other: Usage, share: Fraction
) -> None:
    in_two = rating.late(terms, before, one, share) + rating.late(terms, _sum(before, one), other, share)
    assert _total(in_two) == _total(rating.late(terms, before, _sum(one, other), share))


@few
@given(agreed(), usages, usages, shares)
def test_a_void_gives_back_what_it_had_cost(terms: Terms, kept: Usage, void: Usage, share: Fraction) -> None:
    everything = _sum(kept, void)
    back = rating.late(terms, everything, _voided(void), share)
    assert _total(back) == rating.rate(terms, kept, share).total - rating.rate(terms, everything, share).total
    assert _total(back) == -_total(rating.late(terms, kept, void, share))


@few
@given(agreed(), usages, shares)
def test_nothing_late_is_no_line(terms: Terms, usage: Usage, share: Fraction) -> None:
    assert rating.late(terms, usage, {}, share) == ()


@few
@given(agreed(), usages, usages, shares)
def test_inside_a_minimum_that_was_billed_it_costs_nothing(
    terms: Terms, one: Usage, other: Usage, share: Fraction
) -> None:
    at_once = rating.rate(terms, _sum(one, other), share)
    lines = rating.late(terms, one, other, share)
    if at_once.minimum is not None and at_once.usage_amount <= at_once.minimum:
        assert _total(lines) == 0
    if at_once.minimum is None:
        assert all(line.kind == "usage" for line in lines)


GRADUATED = Price("v2", "v2", (), (Tier(10, Decimal("1.00")), Tier(None, Decimal("0.50"))))


def test_late_generations_stand_in_the_tier_that_they_had_reached() -> None:
    terms = Terms(1, "EUR", 1, "UTC", prices=(GRADUATED,))
    (line,) = rating.late(terms, {("v2", "2K"): Quantity(8, 8)}, {("v2", "2K"): Quantity(4, 4)})
    assert [(step.start, step.units, step.amount) for step in line.steps] == [
        (0, 2, Decimal("2.00")),
        (10, 2, Decimal("1.00")),
    ]
    assert (line.quantity, line.amount) == (4, Decimal("3.00"))


def test_what_was_missing_to_the_minimum_is_used_up_first() -> None:
    terms = Terms(1, "EUR", 1, "UTC", prices=(GRADUATED,), minimum_amount=Decimal(10))
    usage, missing = rating.late(terms, {("v2", ""): Quantity(8, 8)}, {("v2", ""): Quantity(6, 6)})
    assert (usage.amount, missing.kind, missing.amount) == (Decimal("4.00"), "minimum", Decimal("-2.00"))


def test_more_than_was_counted_cannot_be_voided() -> None:
    terms = Terms(1, "EUR", 1, "UTC", prices=(GRADUATED,))
    with pytest.raises(ValueError, match="below zero"):
        rating.late(terms, {("v2", ""): Quantity(1, 1)}, {("v2", ""): Quantity(-2, -2)})
