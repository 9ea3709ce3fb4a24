"""What somebody asks of one slot: a new value, or to go back to what it inherits. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from django.core.exceptions import ValidationError

from keys.limits.applying import LARGEST_EXACT
from keys.limits.slots import DAY, Slot
from orgs import texts

LARGEST = 10**12
LARGEST_BURST = 1_000
LONGEST_NAME = 40
WARNINGS = (50, 80, 95, 100)
USUAL_WARNINGS = (80, 95)


class Valued(Protocol):
    """The numbers of a limit, as a rule and a change have them."""

    @property
    def limit(self) -> int: ...
    @property
    def burst(self) -> int | None: ...
    @property
    def mode(self) -> str: ...
    @property
    def overage_allowance(self) -> int: ...
    @property
    def warn_at(self) -> Sequence[int] | None: ...


@dataclass(frozen=True)
class Change:
    """One slot's new value; with `remove` its owner's own rule goes, and what it inherits counts again.

    Without a name it keeps the one that the slot's rule has now. Without `warn_at` a window warns at 80 and 95 %, and
    nothing else does.
    """

    slot: Slot
    limit: int = 0
    burst: int | None = None
    mode: str = "block"
    overage_allowance: int = 0
    warn_at: Sequence[int] | None = None
    name: str = ""
    remove: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """The columns of a rule that it asks for, without the slot's."""
        usual = USUAL_WARNINGS if self.slot.kind == "window" else ()
        return {
            "limit": self.limit,
            "burst": self.burst,
            "mode": self.mode,
            "overage_allowance": self.overage_allowance,
            "warn_at": sorted(set(usual if self.warn_at is None else self.warn_at)),
        }

    @property
    def problem(self) -> str:
        """Say why it cannot be; nothing where it can."""
        return "" if self.remove else _slot_problem(self.slot) or _value_problem(self) or _name_problem(self.name)


def check(changes: Iterable[Change]) -> None:
    """Raise ValidationError where a change cannot be, or two of them are about one slot."""
    changes = list(changes)
    problems = [f"{change.slot.words}: {problem}" for change in changes if (problem := change.problem)]
    if len({change.slot for change in changes}) < len(changes):
        problems.append("Two changes are about the same limit.")
    if problems:
        raise ValidationError(problems)


def renamed(change: Change, name: str) -> Change:
    """Return the change under the name that it has, or else under this one."""
    return change if change.name else replace(change, name=name)


def is_same(change: Change, valued: Valued) -> bool:
    """Say whether the change asks for the numbers that are there already."""
    present = {field: getattr(valued, field) for field in change.values}
    return change.values == {**present, "warn_at": sorted(present["warn_at"] or ())}


def said(slot: Slot, valued: Valued | None) -> str:
    """Write a value as people read it: "900 a minute, burst 40" or "2,000,000 a month, only warns"; "no limit"."""
    if valued is None:
        return "no limit"
    parts = [f"{valued.limit:,} {slot.unit}"]
    parts += [f"burst {valued.burst:,}"] if valued.burst else []
    parts += [f"{valued.overage_allowance:,} over it allowed"] if valued.overage_allowance else []
    parts += ["only warns"] if valued.mode == "warn" else []
    return ", ".join(parts)


def _name_problem(name: str) -> str:
    try:
        texts.one_line(name)
    except ValidationError as error:
        return error.messages[0]
    return f"a name has at most {LONGEST_NAME} characters." if len(name) > LONGEST_NAME else ""


def _slot_problem(slot: Slot) -> str:
    if slot.kind == "rate" and not 1 <= (slot.period_s or 0) <= DAY:
        return f"a rate has a period of 1 to {DAY:,} seconds."
    if slot.kind == "window" and slot.window not in ("day", "month", "term"):
        return "a window is a day, a month or a whole term."
    if slot.kind == "concurrency" and slot.dimension != "requests":
        return "running jobs are counted, and nothing else about them."
    return ""


def _value_problem(change: Change) -> str:
    least = 1 if change.slot.kind == "rate" else 0
    if not least <= change.limit <= LARGEST:
        return f"write a number from {least} to {LARGEST:,}."
    if change.slot.kind == "rate" and not 1 <= (change.burst or 0) <= LARGEST_BURST:
        return f"a rate has a burst of 1 to {LARGEST_BURST:,}."
    if change.slot.kind != "rate" and change.burst is not None:
        return "only a rate has a burst."
    if change.overage_allowance and change.slot.kind != "window":
        return "only a window can be gone over by an allowance."
    if not 0 <= change.overage_allowance <= LARGEST_EXACT - LARGEST:
        return "the allowance is too large."
    if not set(change.warn_at or ()) <= set(WARNINGS):
        return f"warnings are given at {', '.join(map(str, WARNINGS))} %."
    return "" if change.mode in ("block", "warn") else "a limit blocks or warns."
