"""Set the limits of an organization or a key: from now or later, for good or for a time.

What is set lies over what was set before. One with an end gives way by itself to what is below it; nothing waits for a
sweep, because each rule's row says when it holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys.actions import limit_marks, limit_owners, limit_rows
from keys.actions.limit_owners import Step, Whose, Why
from keys.limits import limit_changes
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.models import ApiKey
from orgs.models import Organization

# "Now" is when somebody pressed the button, or when the transaction began; earlier than that is a mistake.
JUST_NOW = timedelta(minutes=1)
LONGEST_AHEAD = timedelta(days=3_660)


@dataclass(frozen=True)
class Span:
    """For when something is set, and when that is done."""

    start: datetime
    end: datetime | None
    now: datetime

    @property
    def since(self) -> datetime:
        """From when on the rows may have to change."""
        return min(self.start, self.now)


@transaction.atomic
def set_limits(
    *,
    changes: Sequence[Change],
    actor: trail.Actor,
    reason: str,
    organization: Organization | None = None,
    key: ApiKey | None = None,
    ticket: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    seen: str | None = None,
) -> list[LimitRule]:
    """Set limits of an organization, or of one of its keys, from `starts_at` (now) on, until `ends_at` (for good).

    Returns the rules that were set or taken back; none for what is so already. For good, it replaces what is set for
    later, too. `seen` is the mark of what the person saw (`keys.limits.seen`). Raises ValidationError where it was
    changed since, or cannot be.
    """
    limit_changes.check(changes)
    if ends_at is not None and any(change.remove for change in changes):
        raise ValidationError("A limit is taken back for good. For a time, set the value that is to hold meanwhile.")
    whose = limit_owners.lock_owner(organization, key)
    limit_owners.check_open(whose, seen)
    # After the lock, so that whoever waited for somebody else comes later than they did.
    now = timezone.now()
    start = start_of(starts_at, now=now)
    check_end(ends_at, after=max(start, now))
    noted = [each for change in changes for each in limit_marks.note_due(whose, change.slot, now=now)]
    why, span = Why(actor, reason, ticket), Span(start, ends_at, now)
    steps = [step for each in changes if (step := _change(whose, each, span, why))]
    if noted or steps:
        limit_owners.tell(whose, steps, about=f"{whose.organization.uid}/limits/{whose.organization.version}")
        limit_owners.announce(whose)
    return [step.rule for step in steps]


def start_of(at: datetime | None, *, now: datetime) -> datetime:
    """Return when something begins: now, or the time given; ValidationError where that is over, or too far ahead."""
    if at is not None and at < now - JUST_NOW:
        raise ValidationError({"starts_at": "This is over. A limit cannot be changed for a time that has passed."})
    if at is not None and at > now + LONGEST_AHEAD:
        raise ValidationError({"starts_at": "This is more than ten years ahead."})
    return at or now


def check_end(at: datetime | None, *, after: datetime) -> None:
    """Raise ValidationError for an end that comes before its beginning, or before now."""
    if at is not None and at <= after:
        raise ValidationError({"ends_at": "It has to end after it begins, and later than now."})
    if at is not None and at > after + LONGEST_AHEAD:
        raise ValidationError({"ends_at": "This is more than ten years ahead."})


def _change(whose: Whose, change: Change, span: Span, why: Why) -> Step | None:
    """Make one change, and say what it was; None where everything is so already."""
    rows = limit_rows.rows_of(whose.owner, change.slot)
    present = limit_rows.holding(rows, span.start)
    if change.remove:
        return _take_back(whose, rows, present, span, why)
    before = present or whose.inherited(change.slot, at=span.start)
    usual = f"key-{change.slot.usual_name}" if whose.key else change.slot.usual_name
    change = limit_changes.renamed(change, before.name if before else usual)
    if present and span.end is None and _says_so_already(present, rows, change, span):
        return None
    rule = limit_rows.new_rule(whose.owner, change, start=span.start, end=span.end, why=why)
    rule.counts_since = _counted_since(present)
    rule.save(force_insert=True)
    replaced = _later(rows, span)
    limit_rows.settle([*rows, rule], since=span.since)
    step = Step(rule, before, rule, span.start, span.end)
    _record(Verb.LIMIT_SET, whose, step, span, why, [row for row in replaced if row.effective.isempty])
    return step


def _take_back(whose: Whose, rows: Sequence[LimitRule], present: LimitRule | None, span: Span, why: Why) -> Step | None:
    """Let nothing of the owner's own hold in the slot from the start on."""
    later = _later(rows, span)
    told = present or next(iter(later), None)
    if told is None:
        return None
    for origin in rows:
        if origin.continues_id is None and (setting := limit_rows.setting_of(origin)):
            limit_rows.ask(origin, setting.until(span.start))
    limit_rows.settle(rows, since=span.since)
    inherited = whose.inherited(told.about, at=span.start)
    step = Step(told, present or inherited, inherited, span.start)
    _record(Verb.LIMIT_REMOVED, whose, step, span, why, [row for row in later if row is not told])
    return step


def _record(verb: Verb, whose: Whose, step: Step, span: Span, why: Why, withdrawn: Sequence[LimitRule]) -> None:
    detail: dict[str, str | int] = {}
    if span.start > span.now:
        detail["begins"] = limit_owners.clock(span.start)
    if span.end is not None:
        detail["ends"] = limit_owners.clock(span.end)
    if withdrawn:
        detail["withdrawn"] = "; ".join(limit_changes.said(row.about, row) for row in withdrawn)
    limit_owners.record(verb, whose, step, why, detail=detail, further=withdrawn)


def _later(rows: Sequence[LimitRule], span: Span) -> list[LimitRule]:
    """What was set for later than the start, without what only comes back then."""
    held = [row for row in rows if row.continues_id is None and not row.effective.isempty]
    return [row for row in held if row.effective.lower > span.start]


def _says_so_already(present: LimitRule, rows: Sequence[LimitRule], change: Change, span: Span) -> bool:
    stays = present.effective.upper is None and not _later(rows, span)
    return stays and present.name == change.name and limit_changes.is_same(change, present)


def _counted_since(present: LimitRule | None) -> datetime | None:
    """A whole term that gets another number goes on counting where it was."""
    if present is None or present.window != LimitRule.Window.TERM:
        return None
    since: datetime = present.counts_since or present.set_for.lower
    return since
