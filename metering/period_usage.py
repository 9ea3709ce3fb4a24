"""What was counted into billing periods, as it is billed: a few sums by API version and resolution, from the days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, Count, Max, Q, Sum, When
from django.db.models.functions import Coalesce

from keys.models import ApiKey
from metering.models import Adjustment, BillingPeriod, Generation, Statement, UsageDay
from metering.rating import Quantity

# By API version and resolution.
Slots = dict[tuple[str, str], Quantity]
# After every statement of an organization.
CLOSED_NOW, NOT_YET = 2**31 - 2, 2**31 - 1
BILLED = {"environment": ApiKey.Environment.LIVE, "outcome": Generation.Outcome.SUCCEEDED}


_FINISH = """
UPDATE metering_billingperiod AS period SET state = 'final', finished_at = %(now)s
FROM unnest(%(periods)s::bigint[], %(generations)s::bigint[], %(units)s::bigint[], %(adjusted)s::bigint[])
    AS read (period_id, generations, units, adjusted)
WHERE period.id = read.period_id AND state = 'review' AND held_at IS NULL AND review_until <= %(now)s
AND (
    SELECT coalesce(sum(usage.generations), 0) = read.generations AND coalesce(sum(usage.units), 0) = read.units
    FROM metering_usageday AS usage
    WHERE usage.period_id = read.period_id AND environment = 'live' AND outcome = 'succeeded'
) AND (
    SELECT coalesce(max(sequence), 0) = read.adjusted FROM metering_adjustment WHERE period_id = read.period_id
) AND (
    override_at IS NOT NULL
    OR NOT EXISTS (SELECT FROM metering_adjustmentrequest WHERE period_id = read.period_id AND state = 'proposed')
)
RETURNING period.id
"""


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
    # The last adjustment that was there when it was read, 0 without one.
    adjusted: int = 0

    @property
    def total(self) -> Quantity:
        """Everything in it together."""
        slots = (self.own, self.pilot, *self.late.values())
        return sum((quantity for each in slots for quantity in each.values()), Quantity())


def of_periods(periods: Iterable[int]) -> dict[int, Counted]:
    """Read what was counted into these periods, in two statements, or three where something is of earlier ones."""
    found = {period: Counted() for period in periods}
    # First: what is adjusted between the two is seen to have changed.
    last = Adjustment.objects.filter(period__in=list(found)).order_by().values_list("period").annotate(Max("sequence"))
    for period, sequence in last:
        found[period].adjusted = sequence
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


def before(originals: Mapping[int, Iterable[int]]) -> dict[tuple[int, int], Slots]:
    """Return for each period what is charged of an original period before it: its own, and what came late elsewhere.

    `originals` names the originals of each period. What stands on a statement comes first, in the order of statements:
    so all of them together charge what everything costs, whichever of them is made final first.
    """
    wanted = {original for several in originals.values() for original in several}
    rows = list(_rows(Q(period__in=wanted, original_period=None) | Q(original_period__in=wanted)))
    turns = _turns({row[0] for row in rows} | set(originals))
    found: dict[tuple[int, int], Slots] = {}
    for period, several in originals.items():
        for original in several:
            slots = found.setdefault((period, original), {})
            for counter, of, slot, is_pilot, quantity in rows:
                is_own = counter == original and of is None
                is_earlier = of == original and turns[counter] < turns[period]
                if (is_own or is_earlier) and not is_pilot:
                    _add(slots, slot, quantity)
    return found


def finish_unchanged(counted: Mapping[int, Counted], *, now: datetime) -> set[int]:
    """Make those of these reviewed periods final that are still what was read of them; returns their ids.

    One statement, within the transaction that holds their organizations' fences and records it. What was counted,
    adjusted or asked for since, is held or has gone on stays as it is.
    """
    totals = [one.total for one in counted.values()]
    told: dict[str, Any] = {
        "now": now,
        "periods": list(counted),
        "generations": [total.generations for total in totals],
        "units": [total.units for total in totals],
        "adjusted": [one.adjusted for one in counted.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, told)
        return {row[0] for row in cursor.fetchall()}


def _turns(periods: Iterable[int]) -> dict[int, tuple[int, datetime]]:
    """Say in which order periods charge for what came late: by their statements, then one being closed, then others."""
    issued = Max("statements__sequence", filter=Q(statements__kind=Statement.Kind.STATEMENT))
    without = Case(When(state=BillingPeriod.State.FINAL, then=CLOSED_NOW), default=NOT_YET)
    rows = BillingPeriod.objects.filter(pk__in=list(periods)).order_by().annotate(turn=Coalesce(issued, without))
    return {pk: (turn, begins) for pk, turn, begins in rows.values_list("pk", "turn", "span__startswith")}


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
