"""The limit rules of a pilot: opened with it, moved with its end, and over when it is.

They are temporary limits of the organization for exactly the pilot's range, so that whatever lies below them holds
again at its end without anybody's doing. What somebody else sets meanwhile stays theirs.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from audit import trail
from audit.verbs import Verb
from keys import pilot_limits
from keys.actions import limit_marks, limit_owners, limit_rows, pilot_records
from keys.actions.limit_owners import Step, Whose, Why
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.models import Pilot
from keys.pilot_limits import Agreed
from orgs.models import Organization

REASON = "Agreed on for the pilot"


def set_rules(pilot: Pilot, *, before: Agreed, why: Why, now: datetime) -> None:
    """Bring the pilot's rules in line with what is agreed on, from now on or from its beginning."""
    had, wanted = pilot_limits.changes(before), pilot_limits.changes(pilot_records.agreed_of(pilot))
    differing = [slot for slot in {**had, **wanted} if had.get(slot) != wanted.get(slot)]
    for slot in sorted(differing, key=lambda slot: slot.order):
        _set(pilot, slot, wanted.get(slot), why=why, now=now)


def move_end(pilot: Pilot, *, old_end: datetime, why: Why, now: datetime) -> None:
    """Let the rules that ended with the pilot end with it again; a cap counts on from the pilot's beginning."""
    for slot in _slots(pilot, ends_at=old_end):
        _move(pilot, slot, old_end=old_end, why=why, now=now)


def end_rules(pilot: Pilot, *, old_end: datetime, why: Why, at: datetime) -> None:
    """End the rules that were to end with the pilot at that instant, or withdraw them where they have not begun."""
    for slot in _slots(pilot, ends_at=old_end):
        _cut(pilot, slot, old_end=old_end, why=why, at=at)


def _set(pilot: Pilot, slot: Slot, change: Change | None, *, why: Why, now: datetime) -> None:
    whose = Whose(pilot.organization)
    limit_marks.note_due(whose, slot, actor=trail.SYSTEM, now=now)
    if change is None:
        _cut(pilot, slot, old_end=pilot.ends_at, why=why, at=now)
        return
    begins = max(now, pilot.starts_at)
    rows = limit_rows.rows_of(whose.owner, slot)
    before = limit_rows.holding(rows, begins)
    rule = limit_rows.new_rule(whose.owner, change, start=begins, end=pilot.ends_at, why=why)
    if slot.window == LimitRule.Window.TERM and begins > pilot.starts_at:
        rule.counts_since = pilot.starts_at
    rule.save(force_insert=True)
    for origin in _own(rows, ends_at=pilot.ends_at):
        _shorten(origin, at=begins)
    limit_rows.settle([*rows, rule], since=now)
    step = Step(rule, before or whose.inherited(slot, at=begins), rule, begins, pilot.ends_at)
    limit_owners.record(Verb.LIMIT_SET, whose, step, why)


def _move(pilot: Pilot, slot: Slot, *, old_end: datetime, why: Why, now: datetime) -> None:
    whose = Whose(pilot.organization)
    # What ran out meanwhile is recorded before it goes on.
    limit_marks.note_due(whose, slot, actor=trail.SYSTEM, now=now)
    rows = limit_rows.rows_of(whose.owner, slot)
    before = limit_rows.holding(rows, now) or whose.inherited(slot, at=now)
    own = _own(rows, ends_at=old_end)
    for origin in own:
        setting = limit_rows.setting_of(origin)
        limit_rows.ask(origin, replace(setting, end=pilot.ends_at) if setting else None)
    limit_rows.settle(rows, since=now)
    step = Step(own[-1], before, own[-1], max(now, pilot.starts_at), pilot.ends_at)
    limit_owners.record(Verb.LIMIT_MOVED, whose, step, why)


def _cut(pilot: Pilot, slot: Slot, *, old_end: datetime, why: Why, at: datetime) -> None:
    whose = Whose(pilot.organization)
    rows = limit_rows.rows_of(whose.owner, slot)
    own = _own(rows, ends_at=old_end)
    if not own:
        return
    begins = max(at, pilot.starts_at)
    before = limit_rows.holding(rows, begins)
    for origin in own:
        _shorten(origin, at=at)
    limit_rows.settle(rows, since=at)
    after = limit_rows.holding(rows, begins) or whose.inherited(slot, at=begins)
    verb = Verb.LIMIT_CUT_SHORT if pilot.starts_at <= at else Verb.LIMIT_WITHDRAWN
    limit_owners.record(verb, whose, Step(own[-1], before, after, begins), why)


def _shorten(origin: LimitRule, *, at: datetime) -> None:
    setting = limit_rows.setting_of(origin)
    limit_rows.ask(origin, setting.until(at) if setting else None)


def _slots(pilot: Pilot, *, ends_at: datetime) -> list[Slot]:
    """The slots in which the pilot has rules of its own."""
    named = LimitRule.objects.filter(
        organization=pilot.organization, continues=None, name__startswith=pilot_limits.PREFIX
    )
    return sorted({rule.about for rule in _own(named, ends_at=ends_at)}, key=lambda slot: slot.order)


def _own(rows: Iterable[LimitRule], *, ends_at: datetime) -> list[LimitRule]:
    """The settings of the pilot among them: by their name, and because they end when it does."""
    origins = [row for row in rows if row.continues_id is None and row.name.startswith(pilot_limits.PREFIX)]
    return [row for row in origins if not row.set_for.isempty and row.set_for.upper == ends_at]


def is_of(rule: LimitRule, pilot: Pilot) -> bool:
    """Say whether the rule is one of the pilot's own."""
    return bool(_own([rule.continues or rule], ends_at=pilot.ends_at))


def belongs_to_pilot(rule: LimitRule) -> bool:
    """Say whether the rule is one that some pilot has set: it changes and ends with the pilot."""
    if not rule.name.startswith(pilot_limits.PREFIX):
        return False
    pilot = Pilot.objects.filter(organization=rule.organization_id).first()
    return pilot is not None and is_of(rule, pilot)


def slots_of(organization: Organization, *, at: datetime) -> set[Slot]:
    """Return the slots in which the organization's pilot has a rule that is not over."""
    named = LimitRule.objects.filter(organization=organization, name__startswith=pilot_limits.PREFIX)
    held = list(named.not_over(at=at).filter(effective__isempty=False).select_related("continues"))
    pilot = Pilot.objects.filter(organization=organization).first() if held else None
    return {rule.about for rule in held if pilot is not None and is_of(rule, pilot)}


def why_of(event: Any, *, actor: trail.Actor) -> Why:
    """Why the pilot's rules change: what the pilot's own event says, to which theirs belong."""
    return Why(replace(actor, parent=event.id), event.reason or REASON, event.ticket)
