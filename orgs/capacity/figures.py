"""The figures above the timeline and above a pool."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from audit import plurals
from orgs.capacity import refused, spans, use
from orgs.capacity.timeline import Drawn
from orgs.models.organizations import OrganizationQuerySet

DAY = timedelta(hours=24)


def of_all(pools: Sequence[Drawn], *, at: datetime, organizations: OrganizationQuerySet) -> list[dict[str, Any]]:
    """Reserved today, how much of it was busy, what is left, and what we refused for want of it."""
    today = spans.day_of(at)
    now = [one.today for one in pools]
    reserved, capacity = sum(day.reserved for day in now), sum(day.capacity for day in now)
    left = sum(day.free for day in now)
    return [
        {
            "label": "Reserved today",
            "value": reserved,
            "unit": f" of {capacity} units",
            "note": plurals.counted(len(pools), "pool"),
        },
        _busy(pools, at=at),
        {"label": "Shared room left", "value": left, "unit": _units(left), "note": _none_in(pools, today)},
        {
            "label": "Refused by our capacity",
            "value": f"{refused.lately(organizations, at=at):,}",
            "note": "last 7 days",
        },
    ]


def of_pool(drawn: Drawn, *, at: datetime) -> list[dict[str, Any]]:
    """The same of one pool, with what its units are worth."""
    pool, today = drawn.pool, drawn.today
    jobs = f"{today.free * pool.jobs_per_unit} running jobs"
    note = f"a {pool.unit_name} is {pool.jobs_per_unit} jobs, {pool.generations_per_minute_per_unit} generations/min"
    of = f" of {today.capacity} units"
    return [
        {"label": "Reserved today", "value": today.reserved, "unit": of, "note": note},
        _busy([drawn], at=at),
        {"label": "Shared room left", "value": today.free, "unit": _units(today.free), "note": jobs},
    ]


def _busy(pools: Sequence[Drawn], *, at: datetime) -> dict[str, Any]:
    measured = use.hours([one.pool for one in pools], at=at, back=DAY)
    share = use.busy(measured)
    label = "Reserved and busy"
    if share is None:
        return {"label": label, "value": "—", "note": "nothing was reserved in the last 24 hours"}
    most = max(each.busy for each in measured)
    return {"label": label, "value": f"{share:.0%}", "note": f"last 24 hours, busiest {most:.0%}"}


def _none_in(pools: Sequence[Drawn], today: date) -> str:
    for one in pools:
        for run in one.full(today):
            if run.first == today:
                return f"none in {one.pool} until {run.last:%-d %b}"
    return f"in {plurals.counted(len(pools), 'pool')}"


def _units(count: int) -> str:
    return " unit" if count == 1 else " units"
