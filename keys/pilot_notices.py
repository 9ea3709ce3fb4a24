"""What the contacts of a customer, and its account manager, are told of a pilot, in the transaction of the change."""

from datetime import UTC, datetime

from django.utils import timezone

from keys import pilot_terms
from keys.models import Pilot
from orgs import notices
from orgs.models import Notice


def changed(pilot: Pilot, letter: str) -> None:
    """Tell that it starts, or has other terms; nobody is told of a draft."""
    _tell(pilot, Notice.Kind.PILOT_CHANGED, f"{letter}/{pilot.organization.version}", {}, letter=letter)


def cancelled(pilot: Pilot) -> None:
    facts = {"at": notices.moment(timezone.now(), pilot.organization)}
    about = f"pilot_cancelled/{pilot.organization.version}"
    _tell(pilot, Notice.Kind.PILOT_CHANGED, about, facts, letter="pilot_cancelled")


def converted(pilot: Pilot, *, at: datetime) -> None:
    """Tell that it has become production, on the plan that the organization has now."""
    version = pilot.organization.plan_version
    facts = {
        "at": notices.moment(at, pilot.organization),
        "plan": version.plan.name,
        "versions": ", ".join(version.api_versions),
    }
    about = f"pilot_converted/{pilot.organization.version}"
    _tell(pilot, Notice.Kind.PILOT_CHANGED, about, facts, letter="pilot_converted")


def ending(pilot: Pilot, *, days: int) -> int:
    """Tell that it ends within so many days; returns how many there are to tell."""
    facts = {
        "day": f"{pilot.ends_at.astimezone(pilot.organization.zone):%-d %b %Y}",
        "left": "tomorrow or earlier" if days == 1 else f"within {days} days",
    }
    return _tell(pilot, Notice.Kind.PILOT_ENDING, f"ending/{_stamp(pilot.ends_at)}/{days}", facts)


def ended(pilot: Pilot) -> int:
    """Tell that it has run out; returns how many there are to tell."""
    return _tell(pilot, Notice.Kind.PILOT_ENDING, f"ended/{_stamp(pilot.ends_at)}", {}, letter="pilot_ended")


def near_cap(pilot: Pilot, *, used: int, cap: int) -> int:
    """Tell how much of the cap is used; returns how many there are to tell."""
    facts = {"used": f"{used:,} generations", "share": f"{pilot_terms.percent(used, cap)} %"}
    return _tell(pilot, Notice.Kind.PILOT_ENDING, f"cap/{_stamp(pilot.starts_at)}/{cap}", facts, letter="pilot_cap")


def _tell(pilot: Pilot, kind: str, about: str, facts: dict[str, str], *, letter: str = "") -> int:
    organization = pilot.organization
    cap = pilot.generation_cap
    known = {
        "starts": notices.moment(pilot.starts_at, organization),
        "ends": notices.moment(pilot.ends_at, organization),
        "cap": "no cap" if cap is None else f"{cap:,} generations",
    }
    return notices.tell(
        organization=organization,
        kind=kind,
        about=f"{organization.uid}/pilot/{about}",
        facts={**known, **facts},
        letter=letter,
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
