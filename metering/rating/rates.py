"""Rate usage: what is included first, in the order of the price list, then each cost unit at its tier's price."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

from metering.rating.agreed import Price, Terms
from metering.rating.lines import Quantity, Rated, RatedLine, Step
from metering.rating.rounding import EXACT, rounded

# By API version and resolution; '' where the gateway told no resolution.
Usage = Mapping[tuple[str, str], Quantity]

WHOLE = Fraction(1)


def rate(terms: Terms, usage: Usage, share: Fraction = WHOLE) -> Rated:
    """Return what usage costs in a period that is this share of a whole one.

    Included generations are a share rounded up; the minimum is a share, rounded as an amount. ValueError for usage
    below zero.
    """
    included = _up(share * terms.included_generations)
    with localcontext(EXACT):
        lines = tuple(_usage_lines(terms, usage, included))
        minimum = _minimum(terms, share)
        missing = _missing(minimum, lines)
        lines += (missing,) if missing else ()
        return Rated(
            lines=lines,
            total=sum((line.amount for line in lines), rounded(Decimal(0), terms.currency)),
            included=included,
            minimum=minimum,
            unpriced=any(not line.has_price for line in lines),
        )


def _usage_lines(terms: Terms, usage: Usage, included: int) -> Iterator[RatedLine]:
    left = included
    for price, line in _by_line(terms, usage):
        used = min(left, line.quantity)
        left -= used
        # A part of a line's generations has the same part of its units.
        units = _up(Fraction(line.units * used, line.quantity)) if line.quantity else 0
        yield _priced(line, price, used, units, terms.currency)


def _by_line(terms: Terms, usage: Usage) -> Iterator[tuple[Price | None, RatedLine]]:
    """Yield the lines that have usage: those of the price list in its order, then what no price is agreed for."""
    sums: dict[Price | tuple[str, str], Quantity] = {}
    for (version, resolution), quantity in usage.items():
        if quantity.generations < 0 or quantity.units < 0:
            raise ValueError(f"Usage of {version} {resolution} is below zero.")
        slot = terms.price_of(version, resolution) or (version, resolution)
        sums[slot] = sums.get(slot, Quantity()) + quantity
    for price in terms.prices:
        if (found := sums.get(price)) and found != Quantity():
            yield price, _line(price.name, price.api_version, price.resolutions, found)
    for version, resolution in sorted(slot for slot in sums if isinstance(slot, tuple)):
        if (found := sums[version, resolution]) != Quantity():
            name = f"{version} generations, {resolution}" if resolution else f"{version} generations"
            yield None, _line(name, version, (resolution,), found)


def _line(name: str, version: str, resolutions: tuple[str, ...], found: Quantity) -> RatedLine:
    return RatedLine("usage", name, version, resolutions, found.generations, found.units)


def _priced(line: RatedLine, price: Price | None, used: int, units: int, currency: str) -> RatedLine:
    billed = line.units - units
    steps = tuple(_steps(price, billed)) if price else ()
    return RatedLine(
        line.kind,
        line.name,
        line.api_version,
        line.resolutions,
        quantity=line.quantity,
        units=line.units,
        included=used,
        included_units=units,
        steps=steps,
        amount=rounded(sum((step.amount for step in steps), Decimal(0)), currency),
        has_price=price is not None or billed == 0,
    )


def _steps(price: Price, billed: int) -> Iterator[Step]:
    start = 0
    for tier in price.tiers:
        end = billed if tier.up_to is None else min(billed, tier.up_to)
        if end > start:
            yield Step(start, end - start, tier.price, tier.price * (end - start))
            start = end


def _minimum(terms: Terms, share: Fraction) -> Decimal | None:
    if terms.minimum_amount is None:
        return None
    return rounded(terms.minimum_amount * share.numerator / share.denominator, terms.currency)


def _missing(minimum: Decimal | None, lines: tuple[RatedLine, ...]) -> RatedLine | None:
    billed = sum((line.amount for line in lines), Decimal(0))
    if minimum is None or minimum <= billed:
        return None
    return RatedLine("minimum", "Minimum not reached", amount=minimum - billed)


def _up(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)
