"""What time does to a pilot: people are warned before its end and close to its cap; the trail says when it ended."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import pilot_notices, pilot_terms
from keys.actions import pilot_records
from keys.actions.keys import plain
from keys.actions.pilots import lock_pilot
from keys.models import Pilot, PilotMark
from orgs import changes
from orgs.models import Organization

# Nobody is told of a pilot that ended long before somebody looked.
NEWS_FOR = timedelta(days=7)

Detail = dict[str, str | int]


@transaction.atomic
def expire_pilot(*, pilot: Pilot, actor: trail.Actor) -> bool:
    """Record that the pilot has run out, with the time at which it did; says whether there was something to record.

    That its calls are refused on time is judged at each decision, not here; its limits ended with it.
    """
    pilot = lock_pilot(pilot)
    now = timezone.now()
    if not pilot.is_open or not pilot.has_ended(at=now):
        return False
    before = pilot_records.facts(pilot)
    pilot_records.settle(pilot, Pilot.State.EXPIRED, at=pilot.ends_at)
    is_news = now - pilot.ends_at < NEWS_FOR and pilot.organization.status == Organization.Status.PILOT
    detail: Detail = {
        "ended": f"{pilot.ends_at:%-d %b %Y, %H:%M} UTC",
        "contacts": pilot_notices.ended(pilot) if is_news else 0,
    }
    pilot_records.record(Verb.PILOT_EXPIRED, pilot, actor=actor, before=before, detail=detail)
    changes.announce(organization=pilot.organization, kind="pilot.changed")
    return True


@transaction.atomic
def warn_of_end(*, pilot: Pilot, actor: trail.Actor) -> int | None:
    """Tell the contacts and the account manager that the pilot ends soon, once at each mark; returns the mark."""
    pilot = lock_pilot(pilot)
    days = pilot_terms.reached(pilot.ends_at, now=timezone.now())
    if days is None or not _is_watched(pilot):
        return None
    mark = _mark(pilot)
    if mark.ends_at == pilot.ends_at and mark.days_before is not None and mark.days_before <= days:
        return None
    mark.ends_at, mark.days_before = pilot.ends_at, days
    mark.save()
    detail: Detail = {
        "days": days,
        "ends_at": str(plain(pilot.ends_at)),
        "contacts": pilot_notices.ending(pilot, days=days),
    }
    _record(Verb.PILOT_END_WARNED, pilot, detail, actor=actor)
    return days


@transaction.atomic
def warn_of_cap(*, pilot: Pilot, actor: trail.Actor, used: int) -> bool:
    """Tell them that so much of the cap is used, once for each cap; `used` are the generations that count towards it.

    Says whether they were told now.
    """
    pilot = lock_pilot(pilot)
    cap = pilot.generation_cap
    if cap is None or not pilot_terms.cap_reached(used, cap) or not _is_watched(pilot):
        return False
    mark = _mark(pilot)
    if mark.cap == cap:
        return False
    mark.cap = cap
    mark.save()
    told = pilot_notices.near_cap(pilot, used=used, cap=cap)
    detail: Detail = {"percent": pilot_terms.percent(used, cap), "used": used, "generation_cap": cap, "contacts": told}
    _record(Verb.PILOT_CAP_WARNED, pilot, detail, actor=actor)
    return True


def _is_watched(pilot: Pilot) -> bool:
    """Whether it runs for somebody: a suspended organization calls for nothing, and a closed one never again."""
    return pilot.is_running(at=timezone.now()) and pilot.organization.status == Organization.Status.PILOT


def _mark(pilot: Pilot) -> PilotMark:
    return PilotMark.objects.filter(pilot=pilot).first() or PilotMark(pilot=pilot)


def _record(verb: Verb, pilot: Pilot, detail: Detail, *, actor: trail.Actor) -> None:
    trail.record(verb, actor=actor, target=pilot.target, organization=pilot.organization.target, detail=detail)
