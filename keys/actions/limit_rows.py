"""The rows of one owner's slot, brought in line with what was set: the past stays as it was."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from audit import trail
from keys.actions.limit_owners import Why
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.limits.splitting import Setting, Slice, slices
from keys.models import ApiKey
from orgs.models import Organization, PlanVersion

Owner = Organization | ApiKey | PlanVersion
_COPIED = (
    *("plan_version_id", "organization_id", "key_id", "name", "reason", "ticket"),
    *("kind", "dimension", "api_version", "period_s", "window"),
    *("limit", "burst", "mode", "overage_allowance", "warn_at"),
)
EMPTY = DateTimeTZRange(empty=True)


def owner_column(owner: Owner) -> str:
    """Return the column of a rule that names this owner."""
    if isinstance(owner, PlanVersion):
        return "plan_version"
    return "key" if isinstance(owner, ApiKey) else "organization"


def rows_of(owner: Owner, slot: Slot) -> list[LimitRule]:
    """Return everything that was ever set in the owner's slot, in the order in which it was written down."""
    return list(LimitRule.objects.filter(**{owner_column(owner): owner}).about(slot).order_by("id"))


def holding(rows: Iterable[LimitRule], at: datetime) -> LimitRule | None:
    """Return the one that holds at this time, if any does."""
    return next((row for row in rows if not row.effective.isempty and at in row.effective), None)


def ask(origin: LimitRule, setting: Setting | None) -> None:
    """Note that a setting, by its first row, is meant for another time than before; None: for none any more."""
    origin.asked = DateTimeTZRange(setting.start, setting.end, "[)") if setting else EMPTY
    origin.save(update_fields=["asked"])


def new_rule(owner: Owner, change: Change, *, start: datetime, end: datetime | None, why: Why) -> LimitRule:
    """Return the change as a rule that holds nowhere yet, but was asked for this time. Not saved."""
    slot = change.slot
    rule = LimitRule(
        **{owner_column(owner): owner},
        name=change.name or slot.usual_name,
        kind=slot.kind,
        dimension=slot.dimension,
        api_version=slot.api_version,
        period_s=slot.period_s,
        window=slot.window,
        reason=trail.cleaned_reason(why.reason),
        ticket=trail.cleaned_ticket(why.ticket),
        effective=EMPTY,
        asked=DateTimeTZRange(start, end, "[)"),
        **change.values,
    )
    rule.full_clean(exclude=["effective"], validate_constraints=False)
    return rule


def setting_of(rule: LimitRule) -> Setting | None:
    """Return what the first row of a setting was asked for; None where it was withdrawn."""
    asked = rule.set_for
    return None if asked.isempty else Setting(rule.pk, asked.lower, asked.upper)


def settle(rows: Sequence[LimitRule], *, since: datetime) -> None:
    """Let the rows hold from `since` on as their settings say, and save what changed; `since` is now, or just over.

    What begins or ends at once is marked as recorded: the caller's event tells of it.
    """
    origins = {row.pk: row for row in rows if row.continues_id is None}
    settings = [setting for row in origins.values() if (setting := setting_of(row))]
    wanted: dict[int, list[Slice]] = defaultdict(list)
    for part in slices(settings, since=since):
        wanted[part.id].append(part)
    plans: list[tuple[LimitRule, DateTimeTZRange]] = []
    for origin in origins.values():
        mine = [row for row in rows if origin.pk in (row.pk, row.continues_id)]
        plans += _ranges(origin, mine, wanted[origin.pk], since)
    _save([(row, held) for row, held in plans if row.pk is None or row.effective != held], since=since)
    _note_what_was_asked(origins.values(), {setting.id: setting for setting in settings})


def _ranges(
    origin: LimitRule, rows: Iterable[LimitRule], wanted: Sequence[Slice], since: datetime
) -> list[tuple[LimitRule, DateTimeTZRange]]:
    """Say which row of a setting holds when; further rows are made where they do not suffice."""
    begun = [row for row in rows if not row.effective.isempty and row.effective.lower < since]
    running = [row for row in begun if row.effective.upper is None or row.effective.upper > since]
    free = [row for row in rows if row not in begun]
    left = list(wanted)
    found = []
    # What holds across `since` goes on in its own row.
    for row in running:
        goes_on = bool(left) and left[0].start == since
        found.append((row, DateTimeTZRange(row.effective.lower, left.pop(0).end if goes_on else since, "[)")))
    for part in left:
        row = free.pop(0) if free else _continuation(origin)
        found.append((row, DateTimeTZRange(part.start, part.end, "[)")))
    return found + [(row, EMPTY) for row in free]


def _continuation(origin: LimitRule) -> LimitRule:
    row = LimitRule(continues=origin, effective=EMPTY, **{field: getattr(origin, field) for field in _COPIED})
    if origin.window == LimitRule.Window.TERM:
        # It goes on counting where it was.
        row.counts_since = origin.counts_since or origin.set_for.lower
    return row


def _save(plans: Sequence[tuple[LimitRule, DateTimeTZRange]], *, since: datetime) -> None:
    # First everything that lets go of time, then what takes it: no two may hold at once in between either.
    for row, held in plans:
        if row.pk is not None and not row.effective.isempty:
            row.effective = _common(row.effective, held)
            row.save(update_fields=["effective"])
    for row, held in plans:
        row.effective = held
        row.begun_at = None if held.isempty else since if held.lower == since else row.begun_at
        row.ended_at = since if not held.isempty and held.upper == since else None
        row.save()


def _common(one: DateTimeTZRange, other: DateTimeTZRange) -> DateTimeTZRange:
    if other.isempty:
        return EMPTY
    start = max(one.lower, other.lower)
    end = min((moment for moment in (one.upper, other.upper) if moment is not None), default=None)
    return EMPTY if end is not None and end <= start else DateTimeTZRange(start, end, "[)")


def _note_what_was_asked(origins: Iterable[LimitRule], settings: dict[int, Setting]) -> None:
    for row in origins:
        setting = settings.get(row.pk)
        asked = DateTimeTZRange(setting.start, setting.end, "[)") if setting else EMPTY
        # Said only where what holds does not say it.
        wanted = None if asked == row.effective else asked
        if row.asked != wanted:
            row.asked = wanted
            row.save(update_fields=["asked"])
