"""Limits that were set for a studio: a quota and running jobs, a raise that is over, and one that runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from audit import trail
from keys import actions
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from orgs.models import Organization

MONTH = Slot("window", "generations", None, None, "month")
V2 = Slot("rate", "requests", "v2", 60)
JOBS = Slot("concurrency")
LOOPS = "A script that loops must not use up the month"


class Sketch(NamedTuple):
    """A limit that was set for a studio so many days ago, and for so many days; None for good."""

    slug: str
    change: Change
    since: float
    lasts: float | None
    reason: str
    ticket: str


SKETCHES = (
    Sketch("halide", Change(MONTH, 6_000), 62, None, "As the contract says", "SUP-2188"),
    Sketch("halide", Change(JOBS, 12), 62, None, "As the contract says", "SUP-2188"),
    Sketch("halide", Change(V2, 12, burst=6), 62, None, LOOPS, "SUP-2188"),
    Sketch("northlight", Change(V2, 15, burst=8), 75, None, LOOPS, "SUP-2170"),
    Sketch("palomar", Change(V2, 15, burst=10), 48, None, LOOPS, "SUP-2192"),
    Sketch("halide", Change(V2, 18, burst=12), 5.4, 2.2, "Trailer week", "SUP-2201"),
    Sketch("halide", Change(MONTH, 8_000), 1.6, 6, "Two trailers at once, until they are out", "SUP-2231"),
)


def settle(organizations: Sequence[Organization], *, actor: trail.Actor, now: datetime) -> None:
    """Set them by the action that staff use, and date them back; within a transaction whose event names them."""
    for sketch in SKETCHES:
        organization = next(one for one in organizations if one.slug == sketch.slug)
        _set(organization, sketch, actor=actor, now=now)


def _set(organization: Organization, sketch: Sketch, *, actor: trail.Actor, now: datetime) -> None:
    begun = now - timedelta(days=sketch.since)
    ends = None if sketch.lasts is None else begun + timedelta(days=sketch.lasts)
    is_over = ends is not None and ends <= now
    (rule,) = actions.set_limits(
        organization=organization,
        changes=[sketch.change],
        actor=actor,
        reason=sketch.reason,
        ticket=sketch.ticket,
        ends_at=now + timedelta(hours=1) if is_over else ends,
    )
    rows = LimitRule.objects.filter(organization=organization).about(sketch.change.slot)
    below, above = rows.filter(effective__endswith=rule.effective.lower), rows.filter(continues__isnull=False)
    # First what lets go of the time, then what takes it.
    for row in below:
        LimitRule.objects.filter(pk=row.pk).update(effective=DateTimeTZRange(row.effective.lower, begun, "[)"))
    dated = {"created_at": begun, "begun_at": begun, "ended_at": ends if is_over else None}
    LimitRule.objects.filter(pk=rule.pk).update(effective=DateTimeTZRange(begun, ends, "[)"), **dated)
    # What a raise that is over has interrupted goes on from its end.
    for row in above.filter(effective__startswith=rule.effective.upper) if is_over else ():
        LimitRule.objects.filter(pk=row.pk).update(
            effective=DateTimeTZRange(ends, row.effective.upper, "[)"), created_at=begun, begun_at=ends
        )
