"""End a temporary limit before its time, withdraw one that has not begun, or move an end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys.actions import limit_marks, limit_owners, limit_rows, pilot_rules
from keys.actions.keys import plain
from keys.actions.limit_owners import Step, Whose, Why
from keys.actions.limits import check_end, start_of
from keys.limits.rules import LimitRule
from keys.limits.splitting import Setting


@dataclass(frozen=True)
class _Opened:
    """A setting by its first row, its owner locked, and everything that was ever set in the same slot."""

    whose: Whose
    origin: LimitRule
    setting: Setting
    rows: Sequence[LimitRule]

    def valid(self, at: datetime) -> LimitRule | None:
        return limit_rows.holding(self.rows, at) or self.whose.inherited(self.origin.about, at=at)


@transaction.atomic
def end_limit(
    *,
    rule: LimitRule,
    actor: trail.Actor,
    reason: str,
    ticket: str = "",
    at: datetime | None = None,
    seen: str | None = None,
) -> LimitRule:
    """End a temporary limit, or withdraw one that has not begun; what it lay over holds again. Returns its first row.

    `at` is now, unless the caller does more at one instant. Raises ValidationError for what is over, or holds for good.
    """
    opened = _open(rule, seen)
    moment = start_of(at, now=timezone.now())
    origin, setting = opened.origin, opened.setting
    begun = setting.start <= moment
    if begun and setting.end is None:
        raise ValidationError("This limit holds for good. Set another one, or take it back.")
    turn = moment if begun else setting.start
    before = opened.valid(turn)
    limit_rows.ask(origin, setting.until(moment))
    limit_rows.settle(opened.rows, since=moment)
    step = Step(origin, before, _as_further_on(opened, turn), turn)
    detail = {} if begun else {"begins": limit_owners.clock(setting.start)}
    verb = Verb.LIMIT_CUT_SHORT if begun else Verb.LIMIT_WITHDRAWN
    limit_owners.record(verb, opened.whose, step, Why(actor, reason, ticket), detail=detail)
    _tell(opened.whose, step)
    return origin


@transaction.atomic
def move_limit_end(
    *,
    rule: LimitRule,
    ends_at: datetime,
    actor: trail.Actor,
    reason: str,
    ticket: str = "",
    seen: str | None = None,
) -> LimitRule:
    """Let a temporary limit end earlier or later than it was set to; a whole term goes on counting.

    Returns its first row. Raises ValidationError for what is over, or holds for good, and for an end that is over.
    """
    opened = _open(rule, seen)
    now = timezone.now()
    origin, setting = opened.origin, opened.setting
    if setting.end is None:
        raise ValidationError("This limit holds for good: it has no end to move.")
    check_end(ends_at, after=max(now, setting.start))
    if ends_at == setting.end:
        return origin
    limit_rows.ask(origin, replace(setting, end=ends_at))
    limit_rows.settle(opened.rows, since=now)
    step = Step(origin, origin, origin, max(now, setting.start), ends_at)
    changed = {"effective_until": [plain(setting.end), plain(ends_at)]}
    detail = {"ends": limit_owners.clock(ends_at)}
    limit_owners.record(
        Verb.LIMIT_MOVED, opened.whose, step, Why(actor, reason, ticket), detail=detail, changed=changed
    )
    _tell(opened.whose, step)
    return origin


def _open(rule: LimitRule, seen: str | None) -> _Opened:
    if rule.owner == "plan":
        raise ValidationError("A plan's limits change by another version of it.")
    whose = limit_owners.lock_owner(rule.organization, rule.key)
    limit_owners.check_open(whose, seen)
    if pilot_rules.belongs_to_pilot(rule):
        raise ValidationError("This limit belongs to the pilot: change or end it with the pilot.")
    now = timezone.now()
    limit_marks.note_due(whose, rule.about, now=now)
    rows = limit_rows.rows_of(whose.owner, rule.about)
    origin = next(row for row in rows if row.pk == (rule.continues_id or rule.pk))
    setting = limit_rows.setting_of(origin)
    if setting is None or (setting.end is not None and setting.end <= now):
        raise ValidationError("This limit is over already.")
    return _Opened(whose, origin, setting, rows)


def _as_further_on(opened: _Opened, at: datetime) -> LimitRule | None:
    # Rows may have been added.
    rows = limit_rows.rows_of(opened.whose.owner, opened.origin.about)
    return limit_rows.holding(rows, at) or opened.whose.inherited(opened.origin.about, at=at)


def _tell(whose: Whose, step: Step) -> None:
    limit_owners.tell(whose, [step], about=f"{whose.organization.uid}/limits/{whose.organization.version}")
    limit_owners.announce(whose)
