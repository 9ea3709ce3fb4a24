"""What usage costs, held to a rating that counts generations and cost units one by one."""

import json
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from metering import currencies, rating
from metering.rating import Price, Quantity, Terms, Tier, Usage
from tests.metering.rating.conftest import agreed, shares, usages

few = settings(max_examples=60)


def _one_by_one(terms: Terms, usage: Usage, share: Fraction) -> dict[str, Fraction]:
    """Name each line's exact amount: take units from a list until the included generations are used up."""
    left = -(-(terms.included_generations * share.numerator) // share.denominator)
    found: dict[str, Fraction] = {}
    for price in terms.prices:
        named = {one for other in terms.prices if other.api_version == price.api_version for one in other.resolutions}
        mine = [
            quantity
            for (version, resolution), quantity in usage.items()
            if version == price.api_version
            and (resolution in price.resolutions or (not price.resolutions and resolution not in named))
        ]
        generations, units = sum(one.generations for one in mine), sum(one.units for one in mine)
        free = min(left, generations)
        left -= free
        paid = 0
        # A unit is free as long as a smaller part of all units is free than of all generations.
        while generations and paid < units and (units - paid - 1) * generations >= units * free:
            paid += 1
        found[price.name] = sum((_price_of(price, n) for n in range(paid)), Fraction(0))
    return found


def _price_of(price: Price, nth: int) -> Fraction:
    return next(Fraction(tier.price) for tier in price.tiers if tier.up_to is None or nth < tier.up_to)


@few
@given(agreed(), usages, shares)
def test_each_line_costs_what_its_units_cost_one_by_one(terms: Terms, usage: Usage, share: Fraction) -> None:
    expected = _one_by_one(terms, usage, share)
    for line in rating.rate(terms, usage, share).lines:
        if line.kind == "usage" and line.steps:
            exact = expected[line.name]
            assert sum(Fraction(step.amount) for step in line.steps) == exact
            # Half to even: no other amount is nearer.
            half = Fraction(currencies.smallest(terms.currency)) / 2
            assert abs(Fraction(line.amount) - exact) <= half


@few
@given(agreed(), usages, shares)
def test_lines_round_once_and_add_up_to_the_total(terms: Terms, usage: Usage, share: Fraction) -> None:
    rated = rating.rate(terms, usage, share)
    assert sum(line.amount for line in rated.lines) == rated.total
    for amount in [rated.total, *(line.amount for line in rated.lines)]:
        assert type(amount) is Decimal
        assert amount == amount.quantize(currencies.smallest(terms.currency))


@few
@given(agreed(), usages, shares)
def test_every_generation_and_every_unit_stands_in_one_line(terms: Terms, usage: Usage, share: Fraction) -> None:
    rated = rating.rate(terms, usage, share)
    assert sum(line.quantity for line in rated.lines) == sum(one.generations for one in usage.values())
    assert sum(line.units for line in rated.lines) == sum(one.units for one in usage.values())
    for line in rated.lines:
        assert 0 <= line.included <= line.quantity
        assert 0 <= line.included_units <= line.units
        assert sum(step.units for step in line.steps) in {0, line.billed_units}
    assert sum(line.included for line in rated.lines) == min(rated.included, sum(line.quantity for line in rated.lines))


@few
@given(agreed(), usages, shares, st.randoms())
def test_the_order_in_which_usage_is_told_makes_no_difference(
    terms: Terms, usage: Usage, share: Fraction, chance: object
) -> None:
    told = list(usage.items())
    chance.shuffle(told)  # type: ignore[attr-defined]
    assert rating.rate(terms, dict(told), share) == rating.rate(terms, usage, share)


@few
@given(agreed(), usages, shares)
def test_what_is_missing_to_the_minimum_is_a_line_of_its_own(terms: Terms, usage: Usage, share: Fraction) -> None:
    rated = rating.rate(terms, usage, share)
    missing = [line.amount for line in rated.lines if line.kind == "minimum"]
    if terms.minimum_amount is None:
        assert missing == []
        return
    prorated = Fraction(terms.minimum_amount) * share
    assert rated.minimum is not None
    assert abs(Fraction(rated.minimum) - prorated) <= Fraction(currencies.smallest(terms.currency)) / 2
    assert sum(missing) == max(Decimal(0), rated.minimum - rated.usage_amount)
    assert rated.total >= rated.minimum


@few
@given(agreed(), usages, shares)
def test_usage_without_a_price_is_told(terms: Terms, usage: Usage, share: Fraction) -> None:
    rated = rating.rate(terms, usage, share)
    without = [line for line in rated.lines if line.kind == "usage" and not line.has_price]
    assert rated.unpriced == bool(without)
    for line in without:
        assert terms.price_of(line.api_version, *line.resolutions) is None
        assert line.amount == 0
        assert line.billed_units > 0


@few
@given(agreed())
def test_terms_come_back_from_json_as_they_were(terms: Terms) -> None:
    assert Terms.from_json(json.loads(json.dumps(terms.to_json()))) == terms


UP_TO_2K = Price("v2 generations, up to 2K", "v2", ("1K", "2K"), (Tier(None, Decimal("0.0140")),))
LARGE = Price("v2 generations, 4K", "v2", ("4K",), (Tier(None, Decimal("0.0380")),))
V1 = Price("v1 generations", "v1", (), (Tier(100_000, Decimal("0.0120")), Tier(None, Decimal("0.0100"))))
HALIDE = Terms(3, "EUR", 1, "Europe/Lisbon", 400_000, (UP_TO_2K, LARGE, V1), Decimal(12_000))


def test_a_month_as_it_stands_on_a_statement() -> None:
    rated = rating.rate(
        HALIDE,
        {
            ("v2", "1K"): Quantity(102_118, 102_118),
            ("v2", "2K"): Quantity(1_000_000, 1_000_000),
            ("v2", "4K"): Quantity(118_040, 118_040),
            ("v1", ""): Quantity(241_556, 241_556),
        },
    )
    first, large, v1 = rated.lines
    assert (first.billed, first.included, first.unit_price) == (702_118, 400_000, Decimal("0.0140"))
    assert (first.amount, large.amount) == (Decimal("9829.65"), Decimal("4485.52"))
    assert [(step.start, step.units, step.amount) for step in v1.steps] == [
        (0, 100_000, Decimal(1_200)),
        (100_000, 141_556, Decimal("1415.56")),
    ]
    assert v1.unit_price is None
    assert rated.total == Decimal("16930.73")
    assert rated.amount_of("v2") == Decimal("14315.17")


def test_half_a_cent_goes_to_the_even_one() -> None:
    half = Price("half", "v2", (), (Tier(None, Decimal("0.005")),))
    terms = Terms(1, "EUR", 1, "UTC", prices=(half,))
    amounts = [rating.rate(terms, {("v2", ""): Quantity(n, n)}).total for n in (1, 3, 5)]
    assert amounts == [Decimal("0.00"), Decimal("0.02"), Decimal("0.02")]


def test_included_generations_take_their_part_of_the_units() -> None:
    terms = Terms(1, "EUR", 1, "UTC", included_generations=1, prices=(LARGE,))
    line = rating.rate(terms, {("v2", "4K"): Quantity(3, 7)}).lines[0]
    assert (line.included, line.included_units, line.billed_units) == (1, 3, 4)


def test_a_part_of_a_period_has_a_part_of_what_is_included_and_of_the_minimum() -> None:
    rated = rating.rate(HALIDE, {}, Fraction(10, 31))
    assert (rated.included, rated.minimum, rated.total) == (129_033, Decimal("3870.97"), Decimal("3870.97"))


def test_a_default_contract_has_no_price_for_anything() -> None:
    rated = rating.rate(Terms(1, "EUR", 1, "UTC"), {("v2", "2K"): Quantity(5, 5), ("v1", ""): Quantity(1, 1)})
    assert rated.unpriced
    assert [(line.name, line.amount) for line in rated.lines] == [("v1 generations", 0), ("v2 generations, 2K", 0)]
    assert not rating.rate(Terms(1, "EUR", 1, "UTC"), {}).unpriced
