"""What happened to one organization's limits while it was counted: a line in the chart for each change."""

from collections.abc import Sequence
from typing import Any

from keys.limits.rules import LimitRule
from metering.explorer import grains
from metering.explorer.query import Filter

MOST = 4
LONGEST = 28


def of(asked: Filter) -> list[dict[str, Any]]:
    """Return the changes of an organization's own limits, as a chart marks them; none across several organizations."""
    ids = asked.organization_ids
    if ids is None or len(ids) != 1 or asked.grain == grains.MONTH:
        return []
    slots = grains.slots(asked.span, asked.grain, asked.zone)
    rows = LimitRule.objects.filter(organization_id__in=ids, key=None, continues=None, effective__isempty=False)
    begun = rows.filter(effective__startswith__gt=asked.span.start, effective__startswith__lt=asked.span.end)
    found = list(begun.exclude(window="term").order_by("-effective")[:MOST])
    return [_mark(rule, slots, n) for n, rule in enumerate(reversed(found))]


def _mark(rule: LimitRule, slots: Sequence[grains.Slot], n: int) -> dict[str, Any]:
    at = rule.effective.lower
    slot = next(n for n, slot in enumerate(slots) if at < slot.end)
    within = (at - slots[slot].start) / (slots[slot].end - slots[slot].start)
    text = " ".join(filter(None, [rule.api_version, "limit", f"{rule.limit:,}"]))
    label = f"{text}, {rule.ticket}" if rule.ticket else text
    # One below the other, so that changes of one day can be read.
    return {"at": slot + within, "label": label[:LONGEST], "y": 6 + 14 * n, "extra": n > 0}
