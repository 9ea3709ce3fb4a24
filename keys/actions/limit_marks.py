"""What time alone has done to limits: recorded by a sweep, or before the next change of the same limit.

When one begins or ends is judged at each decision by comparing clocks; nothing waits for this.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import pilot_limits
from keys.actions import limit_owners
from keys.actions.limit_owners import Step, Whose, Why
from keys.actions.limit_rows import rows_of
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.models import Pilot


@transaction.atomic
def note_limit_change(*, rule: LimitRule, actor: trail.Actor) -> int:
    """Record what began or ended by itself in the slot of an organization's or a key's rule, each once.

    Returns how many such changes there were.
    """
    whose = limit_owners.lock_owner(rule.organization, rule.key)
    steps = note_due(whose, rule.about, now=timezone.now(), actor=actor)
    if steps:
        limit_owners.announce(whose)
    return len(steps)


def note_due(whose: Whose, slot: Slot, *, now: datetime, actor: trail.Actor = trail.SYSTEM) -> list[Step]:
    """Record what is due in one slot, with the time at which it took effect; the caller announces it."""
    rows = [row for row in rows_of(whose.owner, slot) if not row.effective.isempty]
    # At each of them a row ends, or one begins.
    moments = {row.effective.lower for row in rows if _has_begun(row, now)}
    moments |= {row.effective.upper for row in rows if _has_ended(row, now)}
    return [_note(whose, rows, at, actor=actor, now=now) for at in sorted(moments)]


def _note(whose: Whose, rows: Sequence[LimitRule], at: datetime, *, actor: trail.Actor, now: datetime) -> Step:
    over = next((row for row in rows if row.effective.upper == at), None)
    begins = next((row for row in rows if row.effective.lower == at), None)
    inherited = whose.inherited(rows[0].about, at=at)
    if begins is not None and (over is None or _origin(begins) > _origin(over)):
        told, verb, named, until = begins, Verb.LIMIT_BEGAN, "begins", begins.effective.upper
    else:
        told, verb, named, until = over or rows[0], Verb.LIMIT_ENDED, "ends", None
    step = Step(told, over or inherited, begins or inherited, at, until)
    # Why it began or ended is why it was set.
    why = Why(actor, told.reason, told.ticket)
    limit_owners.record(verb, whose, step, why, detail={named: limit_owners.clock(at)})
    if not _belongs_to_pilot(told):
        limit_owners.tell(whose, [step], about=f"{told.uid}/{named}/{at.timestamp():.0f}")
    _mark(over, "ended_at", now)
    _mark(begins, "begun_at", now)
    return step


def _belongs_to_pilot(rule: LimitRule) -> bool:
    """Whether it begins and ends with a pilot: people are told of that, and not of each of its limits besides."""
    of_pilot = rule.name.startswith(pilot_limits.PREFIX) and rule.organization_id is not None
    pilots = Pilot.objects.filter(organization=rule.organization_id, ends_at=rule.set_for.upper)
    return of_pilot and pilots.exists()


def _origin(row: LimitRule) -> int:
    """What was set later lies above: if it is over, the other one only shows again."""
    return row.continues_id or row.pk


def _mark(row: LimitRule | None, field: str, now: datetime) -> None:
    if row is not None and getattr(row, field) is None:
        setattr(row, field, now)
        row.save(update_fields=[field])


def _has_begun(row: LimitRule, now: datetime) -> bool:
    """As `LimitRuleQuerySet.to_record` has it."""
    return row.begun_at is None and row.created_at < row.effective.lower <= now


def _has_ended(row: LimitRule, now: datetime) -> bool:
    return row.ended_at is None and row.effective.upper is not None and row.effective.upper <= now
