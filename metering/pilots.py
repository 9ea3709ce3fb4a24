"""Convert a pilot into production: all of it at one instant, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import plurals, trail
from audit.verbs import Verb
from keys import pilot_notices
from keys.actions import pilot_records, pilot_rules
from keys.actions import pilots as pilot_actions
from keys.models import Pilot
from metering import contracts, fences, first_days, rating, readiness
from metering import terms as kept
from metering.models import Contract
from orgs import actions as organizations
from orgs import changes
from orgs.actions import organizations as states
from orgs.actions.capacity import lock_pool
from orgs.models import Organization, PlanVersion, Reservation


@dataclass(frozen=True)
class ContractTerms:
    """What the contract after the pilot says.

    Prices and all else are those of `agreed`, a version that begins later, or else of the present one; its zone is the
    organization's then. Until `first_day` begins the present one holds; without it this holds at once.
    """

    currency: str
    anchor_day: int
    included_generations: int
    agreed: rating.Terms | None = None
    first_day: date | None = None

    def __str__(self) -> str:
        included = f"{self.included_generations:,} included" if self.included_generations else "nothing included"
        said = f"{self.currency}, from day {self.anchor_day} of the month, {included}"
        prices = len(self.agreed.prices) if self.agreed else 0
        said = f"{said}, {plurals.counted(prices, 'price')}" if prices else said
        return f"{said}, from {self.first_day:%-d %b %Y} on" if self.first_day else said

    def whole(self, present: rating.Terms, *, time_zone: str) -> rating.Terms:
        """Return all of it; ValidationError where prices that were agreed in one currency would become another's."""
        base = self.agreed or present
        if base.currency != self.currency and (base.prices or base.minimum_amount or base.capacity_fee):
            raise ValidationError({"currency": f"Its prices are in {base.currency}. Change them with the contract."})
        return replace(
            base,
            currency=self.currency,
            anchor_day=self.anchor_day,
            included_generations=self.included_generations,
            time_zone=base.time_zone if self.agreed else time_zone,
        )


def terms_of(contract: Contract) -> ContractTerms:
    """Return what a contract says, as the form asks for it."""
    agreed = kept.snapshot(contract)
    return ContractTerms(contract.currency, contract.anchor_day, contract.included_generations, agreed)


@transaction.atomic
def convert_pilot(
    *,
    pilot: Pilot,
    actor: trail.Actor,
    terms: ContractTerms | None = None,
    holds: Sequence[Reservation] = (),
    reason: str = "",
    ticket: str = "",
) -> Organization:
    """Put the organization into production on the plan chosen for it, at one instant.

    Its pilot and the pilot's limits end, the plan's begin; the contract's next version opens with `terms`, on their
    first day, or the present one is kept; `holds` become reservations; keys stay as they are. Raises ValidationError
    with everything that stands in the way.
    """
    # Batches that count, then pools, then the organization: as everybody else takes them.
    fences.alone(pilot.organization_id)
    for pool in sorted({hold.pool for hold in holds}, key=lambda pool: pool.pk):
        lock_pool(pool)
    pilot = pilot_actions.lock_pilot(pilot)
    now = timezone.now()
    plan = _checked(pilot, holds, at=now)
    event = _close(pilot, plan, terms, holds, actor=actor, at=now, reason=reason, ticket=ticket)
    child = replace(actor, parent=event.id)
    organization = pilot.organization
    states.now_in(organization, Organization.Status.ACTIVE)
    if terms is not None:
        _bind(organization, terms, actor=child, at=now)
    for hold in holds:
        organizations.confirm_hold(reservation=hold, actor=child, reason=reason, ticket=ticket)
    pilot_notices.converted(pilot, at=now)
    changes.announce(organization=organization, kind="plan.changed")
    changes.announce(organization=organization, kind="pilot.changed")
    return organization


def _checked(pilot: Pilot, holds: Sequence[Reservation], *, at: datetime) -> PlanVersion:
    """Return the plan after the pilot; ValidationError where anything stands in the way."""
    found, plan = readiness.in_the_way(pilot, at=at), pilot.production_plan
    if found or plan is None:
        raise ValidationError([f"{blocker.title}. {blocker.remedy}" for blocker in found])
    if any(hold.organization_id != pilot.organization_id for hold in holds):
        raise ValidationError({"holds": "That hold is not this organization's."})
    return plan


def _close(
    pilot: Pilot,
    plan: PlanVersion,
    terms: ContractTerms | None,
    holds: Sequence[Reservation],
    *,
    actor: trail.Actor,
    at: datetime,
    reason: str,
    ticket: str,
) -> Any:
    """End the pilot and change the plan at that instant, in one event with all that follows; returns the event."""
    organization = pilot.organization
    before, old_end = pilot_records.facts(pilot), pilot.ends_at
    said: dict[str, list[trail.Value]] = {
        "plan": [str(organization.plan_version), str(plan)],
        "status": [organization.status, Organization.Status.ACTIVE.value],
    }
    if terms is not None:
        present = organization.contracts.covering(at).get()
        said["contract"] = [str(terms_of(present)), str(terms)]
    if holds:
        said["reservation"] = [None, [str(hold) for hold in holds]]
    pilot_records.settle(pilot, Pilot.State.CONVERTED, at=at)
    organization.plan_version = plan
    organization.save(update_fields=["plan_version"])
    event = pilot_records.record(
        Verb.PILOT_CONVERTED,
        pilot,
        actor=actor,
        before=before,
        changes=said,
        further=[hold.target for hold in holds],
        detail={"to_plan": plan.plan.name, "at": f"{at:%-d %b %Y, %H:%M} UTC"},
        reason=reason,
        ticket=ticket,
    )
    pilot_rules.end_rules(pilot, old_end=old_end, why=pilot_rules.why_of(event, actor=actor), at=at)
    return event


def next_version(organization: Organization, terms: ContractTerms, *, at: datetime) -> tuple[rating.Terms, datetime]:
    """Return all that the contract would say after a pilot that is converted then, and from when on.

    ValidationError where it cannot say so, or not from its first day on.
    """
    present = organization.contracts.covering(at).first()
    if present is None:
        raise ValidationError(f"No contract of {organization} is in effect now. Open one first.")
    whole = terms.whole(kept.snapshot(present), time_zone=organization.time_zone)
    return whole, first_days.instant(organization, whole, terms.first_day, now=at)


def _bind(organization: Organization, terms: ContractTerms, *, actor: trail.Actor, at: datetime) -> None:
    whole, begins = next_version(organization, terms, at=at)
    contracts.replace_contract(organization=organization, actor=actor, at=begins, terms=whole)
