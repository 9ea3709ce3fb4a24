"""Whose limits are changed, an organization's or one of its keys': what every such action begins and ends with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys.actions.keys import lock_key, plain
from keys.limits import limit_changes, seen
from keys.limits.limit_changes import Valued
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.models import ApiKey
from orgs import actions as organizations
from orgs import changes, notices
from orgs.models import Notice, Organization

VALUES = ("limit", "burst", "mode", "overage_allowance", "warn_at")
# A draft calls for nothing yet, and nobody calls for a closed one.
QUIET = (Organization.Status.DRAFT, Organization.Status.CLOSED)


@dataclass(frozen=True)
class Whose:
    """An organization, locked, and the one key of it whose limits they are; None where they are its own."""

    organization: Organization
    key: ApiKey | None = None

    @property
    def owner(self) -> Organization | ApiKey:
        return self.key or self.organization

    def inherited(self, slot: Slot, *, at: datetime) -> LimitRule | None:
        """Return what holds where there is no rule of their own: of an organization the plan's, of a key nothing."""
        if self.key is not None:
            return None
        plan = LimitRule.objects.filter(plan_version=self.organization.plan_version_id)
        return plan.about(slot).at(at).first()

    def words(self, slot: Slot) -> str:
        return f"{slot.words} of key {self.key}" if self.key else slot.words


@dataclass(frozen=True)
class Why:
    """Who does something, and why."""

    actor: trail.Actor
    reason: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class Step:
    """A limit before and after, from one moment on; `rule` is the one that the step is about."""

    rule: LimitRule
    before: Valued | None
    after: Valued | None
    at: datetime
    until: datetime | None = None

    @property
    def slot(self) -> Slot:
        return self.rule.about


def lock_owner(organization: Organization | None, key: ApiKey | None) -> Whose:
    """Return whose limits they are, locked. Exactly one of the two has to be given."""
    if (organization is None) == (key is None):
        raise ValueError("limits are an organization's or a key's")
    if key is not None:
        key = lock_key(key)
        return Whose(key.organization, key)
    return Whose(organizations.lock_organization(organization))  # type: ignore[arg-type]


def check_open(whose: Whose, seen_mark: str | None) -> None:
    """Raise ValidationError where nothing can be changed any more, or was changed since the person looked."""
    if whose.organization.status == Organization.Status.CLOSED:
        raise ValidationError(f"{whose.organization} is closed.")
    if whose.key is not None and whose.key.state == ApiKey.State.REVOKED:
        raise ValidationError(f"{whose.key} is revoked.")
    if seen_mark is not None and seen_mark != seen.of(whose.organization, at=timezone.now()):
        raise ValidationError("The limits were changed meanwhile. Nothing was saved: look again.", code="stale")


def record(
    verb: Verb,
    whose: Whose,
    step: Step,
    why: Why,
    *,
    detail: Mapping[str, str | int] | None = None,
    changed: Mapping[str, list[trail.Value]] | None = None,
    further: Sequence[LimitRule] = (),
) -> None:
    """Record what was done to one limit: its numbers before and after, unless something else has `changed`."""
    keys = [whose.key.target] if whose.key else []
    trail.record(
        verb,
        actor=why.actor,
        target=step.rule.target,
        organization=whose.organization.target,
        further=[*keys, *(rule.target for rule in further)],
        changes=_differences(step.before, step.after) if changed is None else changed,
        detail={**_facts(whose, step), **(detail or {})},
        reason=why.reason,
        ticket=why.ticket,
    )


def tell(whose: Whose, steps: Sequence[Step], *, about: str) -> None:
    """Tell the contacts what their limits are now, or will be; all steps begin and end together."""
    organization = whose.organization
    if not steps or organization.status in QUIET:
        return
    until = steps[0].until
    facts = {
        "what": "; ".join(whose.words(step.slot) for step in steps),
        "before": "; ".join(limit_changes.said(step.slot, step.before) for step in steps),
        "after": "; ".join(limit_changes.said(step.slot, step.after) for step in steps),
        "at": notices.moment(steps[0].at, organization),
        "until": notices.moment(until, organization) if until else "it is changed again",
    }
    kind = Notice.Kind.LIMIT_CHANGED
    notices.tell(organization=organization, kind=kind, about=about, facts=facts, letter="limit_set")


def announce(whose: Whose) -> None:
    """Raise the organization's version and tell every process; the last statement of an action."""
    secrets = whose.key.secrets.values_list("public_id", flat=True) if whose.key else ()
    changes.announce(organization=whose.organization, kind="limits.changed", public_ids=list(secrets))


def clock(at: datetime) -> str:
    """Write a time as a sentence of the trail tells it."""
    return f"{at:%-d %b %Y, %H:%M} UTC"


def _differences(before: Valued | None, after: Valued | None) -> dict[str, list[trail.Value]]:
    pairs = {field: [_value(before, field), _value(after, field)] for field in VALUES}
    return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}


def _value(valued: Valued | None, field: str) -> trail.Value:
    value = getattr(valued, field, None)
    if field == "warn_at":
        return ", ".join(f"{percent} %" for percent in value or ()) or None
    # No allowance is none, not one of nothing.
    return None if field == "overage_allowance" and not value else value


def _facts(whose: Whose, step: Step) -> dict[str, str | int]:
    slot = step.slot
    facts = {
        **{field: getattr(slot, field) for field in ("kind", "dimension", "api_version", "period_s", "window")},
        "name": step.rule.name,
        "key": str(whose.key) if whose.key else None,
        "from": limit_changes.said(slot, step.before),
        "to": limit_changes.said(slot, step.after),
        "effective_from": plain(step.at),
        "effective_until": plain(step.until),
    }
    return {field: value for field, value in facts.items() if value is not None}
