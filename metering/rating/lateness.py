"""What counts after a statement is final costs the difference that it makes on that statement's own terms."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

from metering.rating.agreed import Terms
from metering.rating.lines import Quantity, RatedLine, Step
from metering.rating.rates import WHOLE, Usage, rate
from metering.rating.rounding import EXACT


def late(terms: Terms, before: Usage, more: Usage, share: Fraction = WHOLE) -> tuple[RatedLine, ...]:
    """Return rate(before + more) − rate(before) by line; quantities below zero in `more` are voids.

    What was missing to the minimum is used up first: its line is negative then, and usage inside a minimum that was
    billed costs nothing in sum. Lines that do not change are left out. ValueError where usage would fall below zero.
    """
    old = {line.slot: line for line in rate(terms, before, share).lines}
    new = {line.slot: line for line in rate(terms, _sum(before, more), share).lines}
    blank = {slot: _nothing(line) for slot, line in [*new.items(), *old.items()]}
    with localcontext(EXACT):
        found = (_difference(old.get(slot, none), new.get(slot, none)) for slot, none in blank.items())
        # What is missing to the minimum stands last, also where it is there in one of the two alone.
        return tuple(sorted(filter(_says_something, found), key=lambda line: line.kind == "minimum"))


def _sum(before: Usage, more: Usage) -> Mapping[tuple[str, str], Quantity]:
    return {slot: before.get(slot, Quantity()) + more.get(slot, Quantity()) for slot in {**before, **more}}


def _difference(before: RatedLine, after: RatedLine) -> RatedLine:
    return RatedLine(
        after.kind,
        after.name,
        after.api_version,
        after.resolutions,
        quantity=after.quantity - before.quantity,
        units=after.units - before.units,
        included=after.included - before.included,
        included_units=after.included_units - before.included_units,
        steps=_steps(before, after),
        amount=after.amount - before.amount,
        has_price=after.has_price,
    )


def _nothing(line: RatedLine) -> RatedLine:
    return RatedLine(line.kind, line.name, line.api_version, line.resolutions)


def _steps(before: RatedLine, after: RatedLine) -> tuple[Step, ...]:
    """Return by how much the units of each tier differ."""
    old, new = ({step.start: step for step in line.steps} for line in (before, after))
    found = []
    for start in sorted({*old, *new}):
        units = (new[start].units if start in new else 0) - (old[start].units if start in old else 0)
        if units:
            price = (new.get(start) or old[start]).price
            found.append(Step(start, units, price, price * units))
    return tuple(found)


def _says_something(line: RatedLine) -> bool:
    return bool(line.quantity or line.units or line.included or line.amount != Decimal(0))
