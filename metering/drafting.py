"""The lines of a draft, put together from what was counted, agreed, reserved and adjusted. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from audit import plurals
from metering import currencies, period_names, rating
from metering.draft_lines import Line, Opens
from metering.explorer.dimensions import NOT_SAID
from metering.period_usage import Counted
from metering.rating import RatedLine, Terms
from metering.reserved_days import Stretch

# Of one earlier period, by API version and resolution.
Voids = Mapping[tuple[str, str], int]
_Slot = tuple[str, tuple[str, ...]]
ON_TERMS = "rated on the terms of that period"


def usage(rated: rating.Rated, terms: Terms, *, period: str) -> Iterator[Line]:
    """Yield the lines of what happened in the period, and what is missing to the minimum."""
    for line in rated.lines:
        if line.kind == "minimum":
            minimum = currencies.said(rated.minimum or Decimal(0), terms.currency)
            yield Line("minimum", line.name, f"{minimum} is agreed", amount=line.amount)
        else:
            opens = {"period": period, "original": "none", **_generations(line, terms)}
            yield _of_generations("usage", line.name, _note(line, terms.currency), line, opens)


def pilot(counted: Counted, *, period: str) -> Iterator[Line]:
    """Yield the line of what a pilot generated."""
    quantity = sum(each.generations for each in counted.pilot.values())
    if quantity:
        opens = {"period": period, "outcome": "succeeded", "tier": "pilot"}
        yield Line("pilot", "Generations of the pilot", "not billed", quantity, units=0, opens=opens)


def late(
    lines: Iterable[RatedLine], terms: Terms, *, period: str, original: str, voids: Voids, more: rating.Usage
) -> Iterator[Line]:
    """Yield by how much an earlier period costs more or less, for what came late and what was voided.

    `more` is what came less what was voided, and `voids` what was voided, both by API version and resolution.
    """
    when = period_names.mentioned(original)
    came, gone = _by_line(terms, more, voids)
    for line in lines:
        if line.kind == "minimum":
            note = "was billed already" if line.amount < 0 else "less of it is reached"
            yield Line("minimum", f"Minimum of {when}", note, amount=line.amount)
            continue
        opens = {"period": period, "original": original, **_generations(line, terms)}
        note = f"{line.name}, {ON_TERMS}" if line.has_price else f"{line.name}, no price is agreed"
        slot = (line.api_version, line.resolutions)
        # What is included may have moved to a line where nothing came or went: then it is due to all of them.
        arrived, voided = (came[slot], gone[slot]) if came[slot] or gone[slot] else (came.total(), gone.total())
        what = "Late and voided" if voided and arrived else "Voided" if voided else "Late"
        kind = "late" if arrived or not voided else "void"
        yield _of_generations(kind, f"{what} generations of {when}", note, line, opens)


def uncharged(line: Line, currency: str) -> Line:
    """Return the line of a period that was billed in another currency: counted, and charged by an adjustment."""
    return replace(line, note=f"that period is billed in {currency}", unit_price=None, amount=Decimal(0))


def _by_line(terms: Terms, more: rating.Usage, voids: Voids) -> tuple[Counter[_Slot], Counter[_Slot]]:
    """Count what came late and what was voided, by the API version and the resolutions of the price that it has."""
    came, gone = Counter[_Slot](), Counter[_Slot]()
    for version, resolution in {**more, **voids}:
        price = terms.price_of(version, resolution)
        slot = (version, price.resolutions if price else (resolution,))
        voided = voids.get((version, resolution), 0)
        quantity = more.get((version, resolution))
        came[slot] += (quantity.generations if quantity else 0) + voided
        gone[slot] += voided
    return came, gone


def capacity(stretches: Sequence[Stretch], terms: Terms) -> Iterator[Line]:
    """Yield a line for each pool; none where the contract has no fee."""
    fee = terms.capacity_fee
    if fee is None:
        return
    for pool in dict.fromkeys(stretch.pool for stretch in stretches):
        theirs = [stretch for stretch in stretches if stretch.pool == pool]
        count = sum(stretch.unit_days for stretch in theirs)
        note = ", ".join(f"{plurals.counted(one.units, 'unit')} × {plurals.counted(one.days, 'day')}" for one in theirs)
        amount = rating.rounded(fee * count, terms.currency)
        yield Line("capacity", f"Dedicated capacity, {pool}", note, count, unit_price=fee, amount=amount)


def _of_generations(kind: str, name: str, note: str, line: RatedLine, opens: Opens) -> Line:
    return Line(
        kind=kind,
        name=name,
        note=note,
        quantity=line.quantity,
        units=line.billed_units,
        unit_price=line.unit_price,
        amount=line.amount,
        opens=opens,
    )


def _generations(line: RatedLine, terms: Terms) -> Mapping[str, str | list[str]]:
    """What of the explorer's filter finds a line's generations: a price for all others leaves out what others name."""
    said: dict[str, str | list[str]] = {"version": line.api_version, "outcome": "succeeded", "not_tier": "pilot"}
    if line.resolutions:
        return {**said, "resolution": [resolution or NOT_SAID for resolution in line.resolutions]}
    of_version = (price for price in terms.prices if price.api_version == line.api_version)
    others = [resolution for price in of_version for resolution in price.resolutions]
    return {**said, "not_resolution": others} if others else said


def _note(line: RatedLine, currency: str) -> str:
    said = []
    if line.included:
        said.append(f"{line.included:,} of them included" if line.billed else "all of them included")
    if line.billed_units != line.billed:
        said.append(plurals.counted(line.billed_units, "billed unit"))
    if len(line.steps) > 1:
        steps = (f"{step.units:,} at {currencies.unit_price(step.price, currency)}" for step in line.steps)
        said.append(", then ".join(steps))
    if not line.has_price:
        said.append("no price is agreed")
    return "; ".join(said)
