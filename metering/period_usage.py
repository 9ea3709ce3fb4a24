"""What was counted into billing periods, as it is billed: a few sums by API version and resolution, from the days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, Sum

from keys.models import ApiKey
from metering.models import Adjustment, BillingPeriod, Generation, UsageDay
from metering.rating import Quantity

# By API version and resolution.
Slots = dict[tuple[str, str], Quantity]
BILLED = {"environment": ApiKey.Environment.LIVE, "outcome": Generation.Outcome.SUCCEEDED}


@dataclass
class Counted:
    """The live generations that succeeded and count into one period, without what was voided.

    `own` happened in it, `late` in earlier periods, by their ids; `pilot` did in either and is not billed. `voids`
    counts what was taken back here of earlier periods: where there are any, `late` may be below zero.
    """

    own: Slots = field(default_factory=dict)
    pilot: Slots = field(default_factory=dict)
    late: dict[int, Slots] = field(default_factory=dict)
    voids: dict[int, int] = field(default_factory=dict)

    @property
    def generations(self) -> int:
        """Everything in it together."""
        slots = (self.own, self.pilot, *self.late.values())
        return sum(quantity.generations for each in slots for quantity in each.values())


def of_periods(periods: Iterable[int]) -> dict[int, Counted]:
    """Read what was counted into these periods, in one statement, or two where something is of earlier ones."""
    found = {period: Counted() for period in periods}
    for period, original, slot, is_pilot, quantity in _rows(Q(period__in=list(found))):
        counted = found[period]
        if is_pilot:
            _add(counted.pilot, slot, quantity)
        else:
            _add(counted.own if original is None else counted.late.setdefault(original, {}), slot, quantity)
    late = [period for period, counted in found.items() if counted.late]
    for period, original, voids in _voids(late) if late else ():
        found[period].voids[original] = voids
    return found


def before(originals: Mapping[int, Iterable[int]], periods: Mapping[int, datetime]) -> dict[tuple[int, int], Slots]:
    """Return for each period what had been counted of an original period when it came: its own, and what came earlier.

    `originals` names the originals of each period, `periods` when these begin: the order in which late ones follow each
    other, whenever each of them is made final.
    """
    wanted = {original for several in originals.values() for original in several}
    rows = list(_rows(Q(period__in=wanted, original_period=None) | Q(original_period__in=wanted)))
    counters = {row[0] for row in rows}
    begins = {**_begins(counters - set(periods)), **periods}
    found: dict[tuple[int, int], Slots] = {}
    for period, several in originals.items():
        for original in several:
            slots = found.setdefault((period, original), {})
            for counter, of, slot, is_pilot, quantity in rows:
                is_own = counter == original and of is None
                is_earlier = of == original and begins[counter] < begins[period]
                if (is_own or is_earlier) and not is_pilot:
                    _add(slots, slot, quantity)
    return found


def _begins(periods: Iterable[int]) -> dict[int, datetime]:
    return dict(BillingPeriod.objects.filter(pk__in=periods).values_list("pk", "span__startswith"))


def _rows(condition: Q) -> Iterable[tuple[int, int | None, tuple[str, str], bool, Quantity]]:
    grouped = UsageDay.objects.filter(condition, **BILLED).order_by()
    columns = ("period", "original_period", "api_version", "resolution", "service_tier")
    summed = grouped.values_list(*columns).annotate(Sum("generations"), Sum("units"))
    for period, original, version, resolution, tier, generations, units in summed:
        is_pilot = tier == Generation.Tier.PILOT
        yield period, original, (version, resolution), is_pilot, Quantity(generations, units)


def _voids(periods: Iterable[int]) -> Iterable[tuple[int, int, int]]:
    rows = Adjustment.objects.voids().filter(period__in=periods, original_period__isnull=False, **BILLED)
    counted = rows.exclude(service_tier=Generation.Tier.PILOT).order_by()
    return counted.values_list("period", "original_period").annotate(Count("pk"))


def _add(slots: Slots, slot: tuple[str, str], quantity: Quantity) -> None:
    slots[slot] = slots.get(slot, Quantity()) + quantity
