"""What to look at before another version of a plan is published: reservations above its limits, pilots beside it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from keys.limits.plan_moves import Difference, Move
from keys.limits.rules import LimitRule
from keys.models import Pilot
from orgs.models import Organization, Plan, Reservation

SETTLED = (Pilot.State.CONVERTED, Pilot.State.EXPIRED, Pilot.State.CANCELLED)


@dataclass(frozen=True)
class Short:
    """An organization that would be limited to fewer running jobs than it has reserved on its fullest day."""

    organization: Organization
    label: str
    limit: int
    reserved: int


def below_reserved(moves: Sequence[Move], *, at: datetime) -> list[Short]:
    """Return those whose new limit of running jobs is below what they have reserved; holds are none yet."""
    lowered = [(move, each) for move in moves for each in move.differences if _blocks(each)]
    organizations = [move.organization for move, _ in lowered]
    rows = Reservation.objects.standing(at=at).filter(organization__in=organizations, state=Reservation.State.ACTIVE)
    by_owner: dict[int, list[Reservation]] = defaultdict(list)
    for one in rows.select_related("pool"):
        by_owner[one.organization_id].append(one)
    found = [_short(move.organization, each, by_owner[move.organization.pk]) for move, each in lowered]
    return [short for short in found if short.reserved > short.limit]


def pilots_beside(plan: Plan) -> list[Pilot]:
    """Return the pilots, run or planned, that are to be converted to a version of the plan that exists by now."""
    rows = Pilot.objects.filter(production_plan__plan=plan).exclude(state__in=SETTLED)
    return list(rows.select_related("organization", "production_plan__plan").order_by("organization__name"))


def _blocks(each: Difference) -> bool:
    return each.slot.kind == LimitRule.Kind.CONCURRENCY and each.after is not None and each.after.mode == "block"


def _short(organization: Organization, each: Difference, reservations: Iterable[Reservation]) -> Short:
    theirs = [one for one in reservations if each.slot.api_version in (None, one.pool.api_version)]
    limit = each.after.limit if each.after else 0
    return Short(organization, each.slot.words, limit or 0, _jobs_at_most(theirs))


def _jobs_at_most(reservations: Sequence[Reservation]) -> int:
    """The running jobs that the reservations are good for together, on the day with the most."""
    # What is reserved is most on a day on which something begins.
    days: set[date] = {one.span.first for one in reservations}
    return max((sum(one.jobs for one in reservations if one.covers(day)) for day in days), default=0)
