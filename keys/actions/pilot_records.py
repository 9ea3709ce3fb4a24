"""How a pilot is saved, and what the trail says of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from audit import trail
from audit.verbs import Verb
from keys import criteria, pilot_limits
from keys.actions.keys import plain
from keys.models import Pilot, PilotCriterion
from keys.pilot_limits import Agreed


def agreed_of(pilot: Pilot) -> Agreed:
    """Return what was agreed on for it."""
    return Agreed(pilot.generation_cap, dict(pilot.rates), pilot.running_jobs)


def lines_of(pilot: Pilot) -> list[criteria.Criterion]:
    """Return what it has to show, in its order."""
    return [row.line for row in pilot.criteria.all()] if pilot.pk else []


def save(pilot: Pilot, lines: Sequence[criteria.Criterion] | None = None) -> None:
    """Save it, with other lines if some are given; a line that stays keeps its tick. ValidationError by field."""
    pilot.full_clean()
    pilot.save()
    if lines is not None and list(lines) != lines_of(pilot):
        _replace(pilot, lines)


def settle(pilot: Pilot, state: str, *, at: datetime) -> None:
    """Close its range at that time; one that had not begun keeps its range."""
    pilot.state, pilot.settled_at = state, at
    if pilot.starts_at < at < pilot.ends_at:
        pilot.ends_at = at
    pilot.save()


def facts(pilot: Pilot) -> dict[str, trail.Value]:
    """Return what the trail knows of it, as plain values."""
    return {
        "state": str(pilot.state),
        "starts_at": plain(pilot.starts_at),
        "ends_at": plain(pilot.ends_at),
        "generation_cap": pilot.generation_cap,
        "rates": pilot_limits.rates_said(pilot.rates) or None,
        "running_jobs": pilot.running_jobs,
        "criteria": [str(line) for line in lines_of(pilot)] or None,
        "production_plan": str(pilot.production_plan) if pilot.production_plan else None,
    }


def record(
    verb: Verb,
    pilot: Pilot,
    *,
    actor: trail.Actor,
    before: Mapping[str, trail.Value],
    changes: Mapping[str, Sequence[trail.Value]] | None = None,
    further: Sequence[trail.Target] = (),
    detail: Mapping[str, str | int] | None = None,
    reason: str = "",
    ticket: str = "",
) -> Any:
    """Record what differs from before, and what else is said; returns the event."""
    after = facts(pilot)
    differing = {name: [before.get(name), value] for name, value in after.items() if value != before.get(name)}
    return trail.record(
        verb,
        actor=actor,
        target=pilot.target,
        organization=pilot.organization.target,
        further=further,
        changes={**differing, **(changes or {})},
        detail=detail,
        reason=reason,
        ticket=ticket,
    )


def _replace(pilot: Pilot, lines: Sequence[criteria.Criterion]) -> None:
    ticked = {row.text: (row.ticked_at, row.ticked_by) for row in pilot.criteria.exclude(ticked_at=None)}
    pilot.criteria.all().delete()
    rows = []
    for position, line in enumerate(lines, start=1):
        at, by = ticked.get(line.text, (None, ""))
        row = PilotCriterion(
            pilot=pilot, position=position, kind=line.kind, goal=line.target, text=line.text, ticked_at=at, ticked_by=by
        )
        row.full_clean(validate_unique=False, validate_constraints=False)
        rows.append(row)
    PilotCriterion.objects.bulk_create(rows)
