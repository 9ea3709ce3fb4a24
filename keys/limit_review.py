"""What somebody sees before limits are saved: the differences, what speaks against them, and what if."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Sum

from keys.limit_entries import Entry
from keys.limits import holding, limit_changes, warnings
from keys.limits.limit_changes import Change
from keys.limits.replay import Effect, Place, Week, WhatIf
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.limits.terms import Terms
from orgs.capacity import spans
from orgs.models import CapacityPool, Organization, Reservation

MINUS = "\u2212"
SHOWN_KEYS = 5
_THIS = {"day": "today", "month": "this month"}


@dataclass(frozen=True)
class Note:
    """Something to know before saving, as a callout."""

    tone: str
    icon: str
    title: str
    text: str = ""


def differences(changes: Iterable[Change], entries: Sequence[Entry]) -> list[tuple[str, str, str, str]]:
    """Return what changes: field, before, after, and by how much."""
    counts = {entry.slot: entry.counts for entry in entries}
    inherited = {entry.slot: entry.inherited for entry in entries}
    rows: list[tuple[str, str, str, str]] = []
    for change in changes:
        after = inherited.get(change.slot) if change.remove else change
        rows += _differences(change, counts.get(change.slot), after)
    return rows


def _differences(change: Change, before: Any, after: Any) -> list[tuple[str, str, str, str]]:
    words = change.slot.words
    first = (words, _number(before), _number(after) or "no limit", _moved(change, before, after))
    rows = (
        []
        if before and after and before.limit == after.limit and not change.remove and before.owner != "plan"
        else [first]
    )
    for field, label in (("burst", "burst"), ("mode", "when reached"), ("overage_allowance", "allowed over it")):
        one, other = (getattr(valued, field, None) or "" for valued in (before, after))
        if after and one != other and (before or field != "mode" or other != "block"):
            rows.append((f"{words}: {label}", _value(one), _value(other), ""))
    if after and before and list(before.warn_at or ()) != list(after.warn_at or ()):
        rows.append((f"{words}: warns at", _percents(before.warn_at), _percents(after.warn_at), ""))
    return rows


def _moved(change: Change, before: Any, after: Any) -> str:
    if change.remove:
        return f"as {after.plan_version} says" if after else "its own limit goes"
    if before is None:
        return "new"
    if before.limit == after.limit:
        return "set here: it stays when the plan changes"
    if not before.limit:
        return ""
    percent = round((after.limit - before.limit) * 100 / before.limit)
    return f"{'+' if percent > 0 else MINUS if percent < 0 else '±'}{abs(percent):,}%"


def _number(valued: Any) -> str:
    return f"{valued.limit:,}" if valued is not None else ""


def _value(value: Any) -> str:
    if value in ("block", "warn"):
        return str(LimitRule.Mode(value).label).lower()
    return f"{value:,}" if isinstance(value, int) else str(value)


def _percents(warned: Iterable[int] | None) -> str:
    return ", ".join(f"{percent}%" for percent in warned or ())


def proposed(
    week: Week, changes: Iterable[Change], entries: Sequence[Entry], *, key: int | None, at: Any
) -> list[Terms]:
    """Return the limits that would hold: those of now, and the changes in their places."""
    held: dict[Place, Terms] = {}
    for rule in holding.now(week.rules, at=at):
        terms = holding.terms_of(rule)
        held[terms.place] = terms
    inherited = {entry.slot: entry.inherited for entry in entries}
    for change in changes:
        place, after = (change.slot, key), inherited.get(change.slot)
        if change.remove and after is not None:
            held[place] = holding.terms_of(after)
        elif change.remove:
            held.pop(place, None)
        else:
            held[place] = Terms(change.slot, change.limit, change.burst, change.mode, change.overage_allowance, key)
    return list(held.values())


def notes(
    organization: Organization, changes: Sequence[Change], entries: Sequence[Entry], *, key: str = "", at: Any
) -> list[Note]:
    """Return what speaks against the changes, or is easily taken for something else; the gravest first."""
    set_to = [change for change in changes if not change.remove]
    counts = {entry.slot: entry.counts for entry in entries if entry.counts}
    said = [*_beyond_organization(organization, set_to, entries, key=key, at=at)]
    said += _beyond_capacity(organization, set_to, counts, at=at) if not key else []
    bursts = [
        Note("info", "information-circle", f"{change.slot.words}: burst {change.burst:,}",
             warnings.burst_in_words(change.slot, change.limit, change.burst))
        for change in set_to
        if change.slot.kind == "rate" and change.burst
    ]  # fmt: skip
    return [*said, *bursts]


def used_up(week: Week, changes: Iterable[Change], entries: Sequence[Entry], *, key: int | None) -> list[Note]:
    """Warn of quotas of which more is used in this day or month than they would allow from now on."""
    inherited = {entry.slot: entry.inherited for entry in entries}
    found = []
    for change in changes:
        after: Any = inherited.get(change.slot) if change.remove else change
        if after is None or after.mode != "block" or change.slot.window not in _THIS:
            continue
        terms = Terms(change.slot, after.limit, mode=after.mode, overage=after.overage_allowance, key=key)
        used = week.used(terms)
        if used and used >= terms.cap:
            text = (
                f"{used:,} are used {_THIS[change.slot.window]}, and {terms.cap:,} would be allowed: "
                f"every further call is refused until the next {change.slot.window} begins."
            )
            found.append(Note("warn", "exclamation-triangle", f"{change.slot.words}: used up already", text))
    return found


def _beyond_organization(
    organization: Organization, set_to: Sequence[Change], entries: Sequence[Entry], *, key: str, at: Any
) -> list[Note]:
    """A key's limit that its organization's keeps from ever being reached."""
    if key:
        bounds = {entry.slot: entry.bound for entry in entries if entry.bound}
        texts = [warnings.exceeds_organization(key, change.slot, change, bounds) for change in set_to]
    else:
        after: dict[Slot, Any] = {entry.slot: entry.counts for entry in entries if entry.counts}
        after |= {change.slot: change for change in set_to}
        rules = LimitRule.objects.filter(key__organization=organization).at(at).select_related("key")
        about = {change.slot for change in set_to}
        texts = warnings.keys_above([rule for rule in rules if rule.about in about], after)
    title = "A key is set higher than its organization"
    return [Note("warn", "exclamation-triangle", title, text) for text in texts[:SHOWN_KEYS] if text]


def _beyond_capacity(
    organization: Organization, set_to: Sequence[Change], counts: dict[Slot, Any], *, at: Any
) -> list[Note]:
    """A rate that is raised beyond what is reserved for it; only where there is capacity to reserve at all."""
    offered = set(CapacityPool.objects.values_list("api_version", flat=True))
    reserved = _reserved(organization, at=at) if offered else {}
    found = []
    for change in set_to:
        slot, before = change.slot, counts.get(change.slot)
        if slot.kind != "rate" or slot.dimension == "units" or slot.api_version not in offered:
            continue
        text = warnings.unbacked(slot, change.limit, reserved.get(slot.api_version or ""))
        if text and (before is None or change.limit > before.limit):
            found.append(Note("warn", "exclamation-triangle", "A rate is not capacity", text))
    return found


def _reserved(organization: Organization, *, at: Any) -> dict[str, float]:
    """How many generations a minute its reservations of today hold, by version."""
    today = Reservation.objects.holding(at=at).filter(
        organization=organization, state=Reservation.State.ACTIVE, days__contains=spans.day_of(at)
    )
    each = F("units") * F("pool__generations_per_minute_per_unit")
    return dict(today.order_by().values_list("pool__api_version").annotate(reserved=Sum(each)))


@dataclass(frozen=True)
class Told:
    """What if, in the words of its card."""

    what_if: WhatIf
    verdict: Note
    facts: list[tuple[str, int, int]]

    @property
    def since(self) -> Any:
        return self.what_if.since


def told(what_if: WhatIf) -> Told:
    """Put what the replay found into words."""
    shown = [effect for effect in what_if.effects if effect.is_changed or effect.before or effect.after]
    facts = [(f"Refused on {_lower(effect)}", effect.before, effect.after) for effect in shown]
    return Told(what_if, _verdict(what_if), facts)


def _verdict(what_if: WhatIf) -> Note:
    changed = [effect for effect in what_if.effects if effect.is_changed]
    peak = _peak(changed)
    more = what_if.after - what_if.before
    if not changed:
        return Note("", "information-circle", "Nothing is changed yet.", "Type a number, and its effect stands here.")
    if more > 0:
        return Note("warn", "exclamation-triangle", f"{more:,} more calls would have been refused.", peak)
    if what_if.after == 0 and what_if.before:
        return Note("ok", "check-circle", "Every refused call would have been admitted.", peak)
    if more < 0:
        return Note("ok", "check-circle", f"{-more:,} fewer calls would have been refused.", peak)
    if what_if.after == 0:
        return Note("ok", "check-circle", "Nothing would have been refused.", peak)
    return Note("", "information-circle", "As many calls would have been refused.", peak)


def _peak(changed: Sequence[Effect]) -> str:
    shares = [(effect.share, effect) for effect in changed if effect.share is not None]
    if not shares:
        return ""
    share, effect = max(shares, key=lambda pair: pair[0] or 0)
    used = f"{share:.0f}%" if (share or 0) >= 1 else "less than 1%"
    of = "the new limit" if len(shares) == 1 else f"the new limit of {_lower(effect)}"
    over = [f"{one.over:,} calls would have been let through above {_lower(one)}." for one in changed if one.over]
    return " ".join([f"Peak use would be {used} of {of}.", *over])


def _lower(effect: Effect) -> str:
    slot, key = effect.place
    words = slot.words[0].lower() + slot.words[1:]
    return f"{words} of the key" if key else words


def said(slot: Slot, valued: Any) -> str:
    """What a limit says, as people read it."""
    return limit_changes.said(slot, valued)
