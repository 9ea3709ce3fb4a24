"""Publish another version of a plan. What was published stays as it is; organizations stay on it, or move."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys.actions import limit_rows
from keys.actions.keys import plain
from keys.actions.limit_owners import QUIET, Why
from keys.limits import limit_changes, plan_moves
from keys.limits.limit_changes import Change
from keys.limits.plan_moves import Move
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from orgs import changes, notices
from orgs.models import Notice, Organization, Plan, PlanVersion

OBJECTIVES = ("v1_availability", "v1_p95_ms", "v2_availability", "v2_p95_ms")
TERMS = (
    "api_versions",
    "default_key_days",
    "longest_key_days",
    "longest_overlap_hours",
    "counter_store_down",
    "approval_threshold",
    *OBJECTIVES,
)

_MAY_BE_NONE = ("longest_key_days", "approval_threshold", *OBJECTIVES)


@transaction.atomic
def publish_plan_version(
    *,
    plan: Plan,
    terms: Mapping[str, Any],
    limits: Sequence[Change],
    actor: trail.Actor,
    reason: str,
    ticket: str = "",
    move: bool = False,
    seen: int | None = None,
) -> PlanVersion:
    """Publish the plan's next version: terms that are not given stay, `limits` are all that it has.

    With `move`, every organization of the plan that is not closed is on it from now on; else those that are there stay
    where they are. `seen` is the number of the version that the person started from. Raises ValidationError.
    """
    # One at a time, so that numbers follow each other.
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    last = plan.versions.order_by("-number").first()
    if seen is not None and (last is None or last.number != seen):
        raise ValidationError("Somebody published a version meanwhile. Nothing was saved: look again.", code="stale")
    why, now = Why(actor, reason, ticket), timezone.now()
    version, changed = drafted(plan, terms, limits, now=now)
    moved = _concerned(version, limits, now) if move else []
    version.save(force_insert=True)
    _add_limits(version, limits, now=now, why=why)
    event = _record(version, changed, moved=len(moved), why=why)
    for one in moved:
        _move(one, version, why, parent=event)
    # The feed's row is locked last of all.
    for one in moved:
        changes.announce(organization=one.organization, kind="plan.changed")
    return version


def drafted(
    plan: Plan, terms: Mapping[str, Any], limits: Sequence[Change], *, now: datetime
) -> tuple[PlanVersion, dict[str, list[trail.Value]]]:
    """Return the plan's next version as it would be published, not saved, and what differs from the last one.

    Raises ValidationError where it cannot be, or nothing differs.
    """
    last = plan.versions.order_by("-number").first()
    version = _next_version(plan, last, terms, now)
    _check(version, limits)
    return version, _differences(last, version, limits)


def _next_version(plan: Plan, last: PlanVersion | None, terms: Mapping[str, Any], now: datetime) -> PlanVersion:
    if unknown := sorted(set(terms) - set(TERMS)):
        raise ValidationError(f"Not a term of a plan: {', '.join(unknown)}")
    kept = {field: getattr(last, field) for field in TERMS} if last else {}
    number = last.number + 1 if last else 1
    version = PlanVersion(plan=plan, number=number, published_at=now, **{**kept, **terms})
    version.api_versions = sorted(set(version.api_versions))
    version.full_clean(exclude=[field for field in _MAY_BE_NONE if getattr(version, field) is None])
    if version.longest_key_days is not None and version.default_key_days > version.longest_key_days:
        raise ValidationError({"default_key_days": "This is longer than the longest life of a key."})
    return version


def _check(version: PlanVersion, limits: Sequence[Change]) -> None:
    limit_changes.check(limits)
    problems = []
    if any(change.remove or change.slot.window == "term" for change in limits):
        problems.append("A plan's limits are numbers; whole terms are an organization's.")
    known = {None, *version.api_versions}
    problems += [
        f"{change.slot.words}: {version.plan} has no such API version."
        for change in limits
        if change.slot.api_version not in known
    ]
    rates = {change.slot.api_version for change in limits if change.slot.kind == "rate" and change.mode == "block"}
    problems += [
        f"A plan without a rate that blocks {each} would let everything pass."
        for each in version.api_versions
        if not rates & {None, each}
    ]
    if problems:
        raise ValidationError(problems)


def _differences(
    last: PlanVersion | None, version: PlanVersion, limits: Sequence[Change]
) -> dict[str, list[trail.Value]]:
    """What differs from the version before; ValidationError where nothing does."""
    before = {field: plain(getattr(last, field, None)) for field in TERMS}
    after = {field: plain(getattr(version, field)) for field in TERMS}
    changed = {field: [before[field], after[field]] for field in TERMS if before[field] != after[field]}
    had, has = _said(list(last.limits.all()) if last else []), _said(limits)
    if had != has:
        changed["limits"] = [had, has]
    if last is not None and not changed:
        raise ValidationError(f"Nothing differs from {last}.")
    return changed


def _said(limits: Sequence[Change | LimitRule]) -> list[str]:
    by_slot = {one.slot if isinstance(one, Change) else one.about: one for one in limits}
    return [_said_in_full(slot, by_slot[slot]) for slot in sorted(by_slot, key=lambda slot: slot.order)]


def _said_in_full(slot: Slot, valued: Change | LimitRule) -> str:
    warn_at = valued.values["warn_at"] if isinstance(valued, Change) else valued.warn_at
    warns = f", warns at {', '.join(map(str, warn_at))} %" if warn_at else ""
    return f"{slot.label}: {limit_changes.said(slot, valued)}{warns}"


def _concerned(version: PlanVersion, limits: Sequence[Change], now: datetime) -> list[Move]:
    """Who moves, each locked, always in the same order."""
    present = Organization.objects.filter(plan_version__plan=version.plan).exclude(status=Organization.Status.CLOSED)
    list(present.select_for_update(of=("self",)).order_by("pk"))
    numbers = {change.slot: change for change in limits}
    found = plan_moves.moves(version.plan, limits=numbers, api_versions=version.api_versions, at=now)
    return sorted(found, key=lambda one: one.organization.pk)


def _add_limits(version: PlanVersion, limits: Sequence[Change], *, now: datetime, why: Why) -> None:
    for change in limits:
        rule = limit_rows.new_rule(version, change, start=now, end=None, why=why)
        rule.effective, rule.asked = DateTimeTZRange(now, None, "[)"), None
        rule.begun_at = now
        rule.save(force_insert=True)


def _record(version: PlanVersion, changed: dict[str, list[trail.Value]], *, moved: int, why: Why) -> Any:
    detail: dict[str, str | int] = {"version": version.number, "code": version.plan.code}
    if moved:
        detail["organizations"] = moved
    return trail.record(
        Verb.PLAN_PUBLISHED,
        actor=why.actor,
        target=trail.Target("plan", version.plan.code, str(version)),
        changes=changed,
        detail=detail,
        reason=why.reason,
        ticket=why.ticket,
    )


def _move(one: Move, version: PlanVersion, why: Why, *, parent: Any) -> None:
    organization, before = one.organization, one.organization.plan_version
    organization.plan_version = version
    organization.save(update_fields=["plan_version"])
    trail.record(
        Verb.ORGANIZATION_PLAN_CHANGED,
        actor=why.actor,
        target=organization.target,
        organization=organization.target,
        changes={"plan_version": [str(before), str(version)]},
        detail={"to_plan": str(version)},
        reason=why.reason,
        ticket=why.ticket,
        parent=parent.id,
    )
    if one.changes_something and organization.status not in QUIET:
        _tell(one)


def _tell(one: Move) -> None:
    organization = one.organization
    rows = [(each.slot.words, each.said_before, each.said_after) for each in one.differences]
    if one.gained or one.lost:
        rows.append(("API versions", *_versions(one)))
    what, before, after = ("; ".join(parts) for parts in zip(*rows, strict=True))
    facts = {
        "what": what,
        "before": before,
        "after": after,
        "at": notices.moment(timezone.now(), organization),
        "until": "it is changed again",
    }
    about = f"{organization.uid}/plan/{organization.version}"
    kind = Notice.Kind.LIMIT_CHANGED
    notices.tell(organization=organization, kind=kind, about=about, facts=facts, letter="limit_set")


def _versions(one: Move) -> tuple[str, str]:
    after = one.organization.plan_version.api_versions
    before = sorted({*after, *one.lost} - set(one.gained))
    return ", ".join(before), ", ".join(after)
