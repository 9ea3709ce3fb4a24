"""What converting a pilot changes: each thing before and after, shown before anybody does it."""

from datetime import datetime

from keys.actions import pilot_rules
from keys.limits import effective, limit_changes
from keys.limits.rules import LimitRule
from keys.models import Pilot
from metering.pilots import ContractTerms, terms_of
from orgs.models import Organization, PlanVersion, Reservation

# What, before, after, and a note.
Row = tuple[str, str, str, str]


def rows(
    pilot: Pilot, plan: PlanVersion, *, at: datetime, terms: ContractTerms | None, holds: list[Reservation]
) -> list[Row]:
    """Return everything that converting could change, as it is before and after; `changed` keeps what differs."""
    organization, before = pilot.organization, pilot.organization.plan_version
    return [
        ("Status", organization.get_status_display(), Organization.Status.ACTIVE.label, ""),
        ("Calls pass until", f"{pilot.ends_at:%-d %b %Y, %H:%M} UTC", "no end", ""),
        ("Plan", str(before), str(plan), ""),
        ("API versions", ", ".join(before.api_versions), ", ".join(plan.api_versions), ""),
        ("Service tier", "pilot", _tier(holds), ""),
        ("Contract", *_contract(organization, terms, at=at), ""),
        *_limits(pilot, plan, at=at),
        ("Longest life of a key", _days(before.longest_key_days), _days(plan.longest_key_days), "for keys to come"),
    ]


def changed(found: list[Row]) -> list[Row]:
    """Return the rows in which something changes."""
    return [row for row in found if row[1] != row[2]]


def same(found: list[Row]) -> str:
    """Name what stays as it is: `API versions, Contract`."""
    return ", ".join(row[0] for row in found if row[1] == row[2])


def _limits(pilot: Pilot, plan: PlanVersion, *, at: datetime) -> list[Row]:
    """Each slot in which something holds now or afterwards."""
    lines = {line.slot: line for line in effective.of(pilot.organization, at=at)}
    coming = {rule.about: rule for rule in LimitRule.objects.filter(plan_version=plan).at(at)}
    found = []
    for slot in sorted({*lines, *coming}, key=lambda slot: slot.order):
        line = lines.get(slot)
        own, ends = (line.own, line.next) if line else (None, None)
        if own is not None and pilot_rules.is_of(own, pilot):
            own = ends
        before = line.said if line else limit_changes.said(slot, None)
        after = limit_changes.said(slot, own or coming.get(slot))
        found.append((slot.words, before, after, "the organization's own" if own else ""))
    return found


def _contract(organization: Organization, terms: ContractTerms | None, *, at: datetime) -> tuple[str, str]:
    present = organization.contracts.covering(at).first()
    before = str(terms_of(present)) if present else ""
    return before, before if terms is None else str(terms)


def _tier(holds: list[Reservation]) -> str:
    jobs = sum(hold.jobs for hold in holds)
    return f"dedicated, up to {jobs} running jobs" if jobs else "shared"


def _days(days: int | None) -> str:
    return "no longest" if days is None else f"{days} days"
