"""The studios as organizations, each brought to its status by the actions that staff use."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from audit import trail
from axis_admin.demo_data.studios import STUDIOS, PilotSketch, Studio
from keys import actions as key_actions
from keys import criteria
from keys.models import Pilot
from keys.pilot_limits import Agreed
from orgs import actions, plans
from orgs.models import Organization, Staff


def sign_up(staff: Mapping[str, Staff], *, actor: trail.Actor, now: datetime) -> dict[str, Organization]:
    """Make every studio with its contacts, and activate all but the drafts; by slug."""
    return {studio.slug: _opened(studio, staff[studio.manager], actor=actor, now=now) for studio in STUDIOS}


def settle(organizations: Mapping[str, Organization], *, actor: trail.Actor) -> None:
    """Suspend and close those that are; after their keys were issued, because a closed one can be given none."""
    steps = {"suspended": actions.suspend_organization, "closed": actions.close_organization}
    for studio in STUDIOS:
        if studio.status in steps:
            organization = organizations[studio.slug]
            step = steps[studio.status]
            step(organization=organization, actor=actor, reason=studio.reason, ticket=studio.ticket)


def _opened(studio: Studio, manager: Staff, *, actor: trail.Actor, now: datetime) -> Organization:
    # Made as of its first day, so that its contract and its billing periods cover all that it has generated.
    organization = actions.create_organization(
        actor=actor,
        name=studio.name,
        slug=studio.slug,
        legal_name=studio.legal_name,
        plan_version=plans.latest(studio.plan),
        time_zone=studio.zone,
        account_manager=manager,
        crm_ref=studio.crm_ref,
        purchase_order=studio.purchase_order,
        renewal_on=None if studio.renewal_in is None else (now + timedelta(days=studio.renewal_in)).date(),
        notes=studio.notes,
        created_at=now - timedelta(days=studio.age),
    )
    for kind, name, mailbox in studio.contacts:
        email = f"{mailbox}@{studio.domain}"
        actions.add_contact(organization=organization, actor=actor, kind=kind, name=name, email=email)
    if studio.status == "draft":
        return organization
    if studio.pilot:
        _plan(organization, studio.pilot, actor=actor)
    organization = actions.activate_organization(organization=organization, actor=actor)
    if studio.pilot and studio.pilot.ticked:
        pilot = Pilot.objects.get(organization=organization)
        key_actions.tick_criterion(pilot=pilot, actor=actor, position=studio.pilot.ticked, met=True)
    return organization


def _plan(organization: Organization, sketch: PilotSketch, *, actor: trail.Actor) -> None:
    rates = {"v2": sketch.v2_a_minute} if sketch.v2_a_minute else {}
    key_actions.plan_pilot(
        organization=organization,
        actor=actor,
        agreed=Agreed(sketch.cap, rates, sketch.running_jobs),
        lines=criteria.read(sketch.lines),
        production_plan=plans.latest(sketch.production_plan) if sketch.production_plan else None,
    )
