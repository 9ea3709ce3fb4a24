"""Which limits are beyond what anybody who sets limits may set: judged by the plan's threshold. Pure.

The threshold is a rate, in calls a minute. A rate is judged by what it admits in one rolling minute, its burst and what
comes after it: as much as the threshold would with the plan's burst. A quota or a number of running jobs is too high
where it exceeds the plan's own by more than the threshold exceeds the plan's rate. What only warns, where the plan
blocks, has no height at all.
A whole term is a pilot's cap, agreed on with the customer: it is not for everybody to move.
"""

from collections.abc import Iterable, Mapping

from keys.limits.limit_changes import Change, Valued
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot


def above(changes: Iterable[Change], *, plan: Mapping[Slot, Valued], threshold: int | None) -> list[Change]:
    """Return the changes that are beyond the threshold; `plan` is what the plan version says of its slots."""
    if threshold is None:
        return []
    times = _times(plan, threshold)
    return [change for change in changes if _is_above(change, plan, threshold, times)]


def said(change: Change, *, threshold: int) -> str:
    """Name a change that is beyond the threshold, and what its burst makes of it where the rate alone is not."""
    words = change.slot.words
    if change.slot.kind != "rate" or change.slot.a_minute(change.limit) > threshold:
        return words
    return f"{words}, with the burst {in_a_minute(change.slot, change):,.0f} in any one minute"


def of_plan(rules: Iterable[LimitRule]) -> dict[Slot, Valued]:
    """Return what a plan version says of its slots."""
    return {rule.about: rule for rule in rules if rule.owner == "plan"}


def in_a_minute(slot: Slot, valued: Valued) -> float:
    """Return how many calls a rate admits in one rolling minute at the most."""
    return slot.a_minute(valued.limit) + (valued.burst or 0)


def _most_in_a_minute(slot: Slot, plan: Mapping[Slot, Valued], threshold: int) -> float:
    """What a rate may admit: as much as the threshold would with the plan's burst, or as the plan does."""
    inherited = plan.get(slot)
    if inherited is None:
        return threshold + max((valued.burst or 1 for other, valued in plan.items() if other.kind == "rate"), default=1)
    return max(threshold + (inherited.burst or 1), in_a_minute(slot, inherited))


def _times(plan: Mapping[Slot, Valued], threshold: int) -> float:
    """By how much the plan's own quotas may be exceeded."""
    rates = [slot.a_minute(valued.limit) for slot, valued in plan.items() if slot.kind == "rate"]
    return max(1.0, threshold / max(rates)) if rates else 1.0


def _is_above(change: Change, plan: Mapping[Slot, Valued], threshold: int, times: float) -> bool:
    if change.slot.window == "term":
        return True
    if change.remove:
        return False
    inherited = plan.get(change.slot)
    if inherited is not None and inherited.mode == "block" and change.mode == "warn":
        return True
    if change.slot.kind == "rate":
        return in_a_minute(change.slot, change) > _most_in_a_minute(change.slot, plan, threshold)
    # Where the plan sets none, any number is less than none.
    return inherited is not None and _in_all(change) > _in_all(inherited) * times


def _in_all(valued: Valued) -> int:
    return valued.limit + valued.overage_allowance
