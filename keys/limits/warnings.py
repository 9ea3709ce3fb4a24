"""What to say before a limit is saved that does not do what somebody may think it does. Pure."""

from collections.abc import Iterable, Mapping

from keys.limits.limit_changes import Valued
from keys.limits.rules import LimitRule
from keys.limits.slots import MINUTE, Slot


def burst_in_words(slot: Slot, limit: int, burst: int) -> str:
    """Say what a rate with its burst means: at most burst + limit in any one period. It is a bound, not a guess."""
    if not slot.period_s:
        raise ValueError(f"{slot.words} is no rate")
    span = "minute" if slot.period_s == MINUTE else f"{slot.period_s:,} seconds"
    at_once = "1 at one instant" if burst == 1 else f"{burst:,} at one instant"
    return f"At most {at_once}, and {burst + limit:,} in any one {span}."


def exceeds_organization(key: str, slot: Slot, mine: Valued, organization: Mapping[Slot, Valued]) -> str:
    """Say that a key's limit is above one of its organization's, which holds all the same; nothing where none is lower.

    `organization` is what counts in each of its slots. One for any API version holds for this key's version too.
    """
    lower = [
        (other, valued)
        for other, valued in organization.items()
        if valued.mode == "block" and _bounds(other, slot) and _height(other, valued) < _height(slot, mine)
    ]
    if not lower:
        return ""
    other, valued = min(lower, key=lambda pair: _height(*pair))
    return (
        f"Key {key} is set to {mine.limit:,} {slot.unit} ({slot.label}), its organization to {valued.limit:,}"
        f" {other.unit} ({other.label}): the organization's limit holds all the same."
    )


def keys_above(of_keys: Iterable[LimitRule], organization: Mapping[Slot, Valued]) -> list[str]:
    """Say of each key's rule that exceeds what counts for its organization."""
    said = (exceeds_organization(str(rule.key), rule.about, rule, organization) for rule in of_keys)
    return [warning for warning in said if warning]


def unbacked(slot: Slot, limit: int, reserved_a_minute: float | None) -> str:
    """Say that a rate is higher than what is reserved for the organization; nothing where capacity backs it.

    `reserved_a_minute` is how many generations a minute its reservations hold for this version; None: nothing is.
    """
    rate = slot.a_minute(limit)
    if rate <= (reserved_a_minute or 0):
        return ""
    said = f"{limit:,} {slot.unit} of {slot.label}"
    if not reserved_a_minute:
        return f"No capacity is reserved for it: all of {said} depends on shared room."
    return (
        f"Reserved capacity is for {reserved_a_minute:,.0f} a minute: what is beyond it of {said}"
        " depends on shared room."
    )


def _bounds(other: Slot, slot: Slot) -> bool:
    """Whether a limit of the one slot holds for whatever the other one counts, so that the two can be compared."""
    same = (other.kind, other.dimension, other.window) == (slot.kind, slot.dimension, slot.window)
    return same and other.api_version in (None, slot.api_version)


def _height(slot: Slot, valued: Valued) -> float:
    return slot.a_minute(valued.limit) if slot.kind == "rate" else valued.limit + valued.overage_allowance
