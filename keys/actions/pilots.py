"""Plan, start, extend, change and cancel a pilot. Its end is judged at decision time; keys/actions/pilot_ends.py."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import criteria, pilot_limits, pilot_notices, pilot_terms, pilots
from keys.actions import pilot_records, pilot_rules
from keys.limits import thresholds
from keys.models import Pilot
from keys.pilot_limits import Agreed
from orgs import actions as organizations
from orgs import changes, plans
from orgs.models import Organization, PlanVersion

NOTHING_OWN = Agreed()


@transaction.atomic
def plan_pilot(
    *,
    organization: Organization,
    actor: trail.Actor,
    starts_at: datetime | None = None,
    length: timedelta = pilots.USUAL_LENGTH,
    agreed: Agreed = NOTHING_OWN,
    lines: Sequence[criteria.Criterion] = (),
    production_plan: PlanVersion | None = None,
    beyond_policy: bool = False,
    reason: str = "",
    ticket: str = "",
) -> Pilot:
    """Write down what was agreed on for a draft on the pilot plan; activating it starts the pilot.

    It starts at `starts_at`, or when it is activated if that is later, and lasts for `length`. `beyond_policy` says
    that the actor may agree on more than the policy lets an account manager. Raises ValidationError by field.
    """
    organization = organizations.lock_organization(organization)
    if organization.status != Organization.Status.DRAFT or organization.plan.code != plans.PILOT:
        raise ValidationError(f"{organization} is no draft on the pilot plan: there is no pilot to plan.")
    pilot = _pilot_of(organization) or Pilot(organization=organization)
    before = pilot_records.facts(pilot) if pilot.pk else {}
    _set_range(pilot, starts_at or timezone.now(), length, beyond_policy=beyond_policy)
    _set_terms(pilot, agreed, production_plan, beyond_policy=beyond_policy)
    pilot.state = Pilot.State.DRAFT
    pilot_records.save(pilot, lines)
    verb = Verb.PILOT_CHANGED if before else Verb.PILOT_PLANNED
    pilot_records.record(verb, pilot, actor=actor, before=before, reason=reason, ticket=ticket)
    changes.announce(organization=organization, kind="pilot.changed")
    return pilot


@transaction.atomic
def start_pilot(
    *,
    organization: Organization,
    actor: trail.Actor,
    starts_at: datetime | None = None,
    length: timedelta = pilots.USUAL_LENGTH,
    agreed: Agreed = NOTHING_OWN,
    lines: Sequence[criteria.Criterion] = (),
    production_plan: PlanVersion | None = None,
    beyond_policy: bool = False,
    reason: str = "",
    ticket: str = "",
) -> Pilot:
    """Let the organization's pilot run from `starts_at` (now) for `length`; also once more, where one is over.

    Raises ValidationError for an organization that is not on trial or whose pilot runs, and by field.
    """
    organization = organizations.lock_organization(organization)
    pilot = _pilot_of(organization)
    if organization.status != Organization.Status.PILOT:
        raise ValidationError(f"{organization} is {organization.get_status_display().lower()}, not on trial.")
    if pilot is not None and (pilot.is_open or pilot.state == Pilot.State.CONVERTED):
        raise ValidationError(f"{organization} has a pilot already.")
    pilot = pilot or Pilot(organization=organization)
    now = timezone.now()
    _set_range(pilot, max(starts_at or now, now), length, beyond_policy=beyond_policy)
    _set_terms(pilot, agreed, production_plan, beyond_policy=beyond_policy)
    _begin(pilot, lines, actor=actor, now=now, reason=reason, ticket=ticket)
    changes.announce(organization=organization, kind="pilot.changed")
    return pilot


def start_pilot_on_activation(*, organization: Organization, actor: trail.Actor) -> None:
    """Begin the pilot of an organization that was activated on the pilot plan: as it was planned, or the usual one."""
    if organization.status != Organization.Status.PILOT:
        return
    now = timezone.now()
    pilot = _pilot_of(organization)
    if pilot is None:
        pilot = Pilot(organization=organization, starts_at=now, ends_at=now + pilots.USUAL_LENGTH)
    length = pilot.ends_at - pilot.starts_at
    pilot.starts_at = max(pilot.starts_at, now)
    pilot.ends_at = pilot.starts_at + length
    _begin(pilot, pilot_records.lines_of(pilot), actor=actor, now=now)


@transaction.atomic
def extend_pilot(
    *,
    pilot: Pilot,
    actor: trail.Actor,
    ends_at: datetime,
    reason: str,
    ticket: str = "",
    beyond_policy: bool = False,
) -> Pilot:
    """Move the end of a pilot that is not over, or has expired within 14 days; its limits last as long as it does.

    Raises ValidationError where it cannot be extended, or not so far.
    """
    pilot = _lock(pilot)
    now = timezone.now()
    if not pilot.may_be_extended(at=now) or pilot.organization.status != Organization.Status.PILOT:
        raise ValidationError(f"The pilot of {pilot.organization} is over and cannot be extended any more.")
    if ends_at <= max(now, pilot.ends_at):
        raise ValidationError({"ends_at": "Choose a later end than it has now."})
    before, old_end = pilot_records.facts(pilot), pilot.ends_at
    pilot.ends_at, pilot.state, pilot.settled_at = ends_at, Pilot.State.EXTENDED, None
    _check_length(pilot, now=now, beyond_policy=beyond_policy)
    pilot_records.save(pilot)
    event = pilot_records.record(
        Verb.PILOT_EXTENDED, pilot, actor=actor, before=before, detail=_ends(pilot), reason=reason, ticket=ticket
    )
    pilot_rules.move_end(pilot, old_end=old_end, why=pilot_rules.why_of(event, actor=actor), now=now)
    pilot_notices.changed(pilot, "pilot_extended")
    changes.announce(organization=pilot.organization, kind="pilot.changed")
    return pilot


@transaction.atomic
def change_pilot(
    *,
    pilot: Pilot,
    actor: trail.Actor,
    agreed: Agreed,
    lines: Sequence[criteria.Criterion],
    production_plan: PlanVersion | None,
    beyond_policy: bool = False,
    reason: str = "",
    ticket: str = "",
) -> Pilot:
    """Change the pilot's own limits, what it has to show, and the plan after it, from now on.

    A cap counts on from the beginning of the pilot, whatever it is. Nothing is recorded where nothing differs.
    """
    pilot = _lock(pilot)
    if pilot.state != Pilot.State.DRAFT and not pilot.is_open:
        raise ValidationError(f"The pilot of {pilot.organization} is {pilot.get_state_display().lower()}.")
    before, limits = pilot_records.facts(pilot), pilot_records.agreed_of(pilot)
    _set_terms(pilot, agreed, production_plan, beyond_policy=beyond_policy)
    if pilot_records.facts(pilot) == before and list(lines) == pilot_records.lines_of(pilot):
        return pilot
    pilot_records.save(pilot, lines)
    event = pilot_records.record(Verb.PILOT_CHANGED, pilot, actor=actor, before=before, reason=reason, ticket=ticket)
    if pilot.is_open and limits != agreed:
        pilot_rules.set_rules(pilot, before=limits, why=pilot_rules.why_of(event, actor=actor), now=timezone.now())
        pilot_notices.changed(pilot, "pilot_changed")
    changes.announce(organization=pilot.organization, kind="pilot.changed")
    return pilot


@transaction.atomic
def cancel_pilot(*, pilot: Pilot, actor: trail.Actor, reason: str, ticket: str = "") -> Pilot:
    """End a pilot before its time: calls are refused from now on, and its limits end with it."""
    pilot = _lock(pilot)
    if pilot.state != Pilot.State.DRAFT and not pilot.is_open:
        raise ValidationError(f"The pilot of {pilot.organization} is {pilot.get_state_display().lower()} already.")
    now, was_open = timezone.now(), pilot.is_open
    before, old_end = pilot_records.facts(pilot), pilot.ends_at
    pilot_records.settle(pilot, Pilot.State.CANCELLED, at=now)
    event = pilot_records.record(Verb.PILOT_CANCELLED, pilot, actor=actor, before=before, reason=reason, ticket=ticket)
    if was_open:
        pilot_rules.end_rules(pilot, old_end=old_end, why=pilot_rules.why_of(event, actor=actor), at=now)
        pilot_notices.cancelled(pilot)
    changes.announce(organization=pilot.organization, kind="pilot.changed")
    return pilot


@transaction.atomic
def tick_criterion(*, pilot: Pilot, actor: trail.Actor, position: int, met: bool) -> Pilot:
    """Say that a line which nobody can measure is met, or is not; nothing where that was said already."""
    pilot = _lock(pilot)
    line = pilot.criteria.filter(position=position, kind=criteria.Kind.WORDS).first()
    if line is None:
        raise ValidationError("There is no such line to judge any more.")
    if (line.ticked_at is not None) == met:
        return pilot
    line.ticked_at, line.ticked_by = (timezone.now(), actor.label[:200]) if met else (None, "")
    line.save(update_fields=["ticked_at", "ticked_by"])
    trail.record(
        Verb.PILOT_CRITERION_TICKED,
        actor=actor,
        target=pilot.target,
        organization=pilot.organization.target,
        changes={"met": [not met, met]},
        detail={"criterion": str(line), "judged": "met" if met else "not met"},
    )
    return pilot


def lock_pilot(pilot: Pilot) -> Pilot:
    """Return the pilot as it stands now, its organization's row and its own locked, always in that order."""
    return _lock(pilot)


def _lock(pilot: Pilot) -> Pilot:
    organization = organizations.lock_organization(pilot.organization)
    locked = _pilot_of(organization)
    if locked is None:
        raise ValidationError(f"{organization} has no pilot.")
    return locked


def _pilot_of(organization: Organization) -> Pilot | None:
    """The pilot of the locked organization, locked too."""
    pilot = Pilot.objects.select_for_update().filter(organization=organization).first()
    if pilot is not None:
        pilot.organization = organization
    return pilot


def _begin(
    pilot: Pilot,
    lines: Sequence[criteria.Criterion],
    *,
    actor: trail.Actor,
    now: datetime,
    reason: str = "",
    ticket: str = "",
) -> None:
    pilot.state, pilot.settled_at = Pilot.State.ACTIVE, None
    pilot_records.save(pilot, lines)
    event = pilot_records.record(
        Verb.PILOT_STARTED, pilot, actor=actor, before={}, detail=_ends(pilot), reason=reason, ticket=ticket
    )
    pilot_rules.set_rules(pilot, before=NOTHING_OWN, why=pilot_rules.why_of(event, actor=actor), now=now)
    pilot_notices.changed(pilot, "pilot_started")


def _ends(pilot: Pilot) -> dict[str, str]:
    return {"ends": f"{pilot.ends_at:%-d %b %Y, %H:%M} UTC"}


def _set_terms(pilot: Pilot, agreed: Agreed, production_plan: PlanVersion | None, *, beyond_policy: bool) -> None:
    version = pilot.organization.plan_version
    pilot_limits.check(agreed, api_versions=version.api_versions)
    if production_plan is not None and production_plan.plan.code == plans.PILOT:
        raise ValidationError({"production_plan": "A pilot is converted to another plan than the pilot's."})
    # What was allowed before may stay.
    raised = pilot_limits.raised(agreed, pilot.rates, pilot.running_jobs)
    if not beyond_policy and pilot_limits.is_above(raised, version.approval_threshold):
        raise ValidationError(f"Above {version.approval_threshold:,} requests a minute an administrator has to agree.")
    if not beyond_policy and _has_too_many_jobs(raised, version):
        problem = (
            f"{raised.running_jobs:,} running jobs are so many more than the plan's that an administrator has to agree."
        )
        raise ValidationError({"running_jobs": problem})
    pilot.generation_cap, pilot.rates = agreed.generation_cap, dict(agreed.rates)
    pilot.running_jobs, pilot.production_plan = agreed.running_jobs, production_plan


def _has_too_many_jobs(raised: Agreed, version: PlanVersion) -> bool:
    """Judge jobs as the limit editor does."""
    asked = pilot_limits.changes(Agreed(running_jobs=raised.running_jobs)).values()
    plan = thresholds.of_plan(version.limits.all())
    return bool(thresholds.above(asked, plan=plan, threshold=version.approval_threshold))


def _set_range(pilot: Pilot, starts_at: datetime, length: timedelta, *, beyond_policy: bool) -> None:
    pilot.starts_at, pilot.ends_at = starts_at, starts_at + length
    _check_length(pilot, now=timezone.now(), beyond_policy=beyond_policy)


def _check_length(pilot: Pilot, *, now: datetime, beyond_policy: bool) -> None:
    length = pilot.ends_at - pilot.starts_at
    if length > pilots.POLICY_LENGTH and not beyond_policy:
        days = pilots.POLICY_LENGTH.days
        raise ValidationError({"ends_at": f"Longer than {days} days in all an administrator has to agree."})
    if length <= timedelta() or pilot.ends_at > now + pilot_terms.FARTHEST:
        raise ValidationError({"ends_at": "A pilot ends after it has begun, and within a year."})
