"""What ran in the pools by hour, against what was reserved then."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from orgs.capacity import spans
from orgs.capacity.spans import DAY, Span
from orgs.models import CapacityPool, Organization, PoolHour, Reservation

HOUR = timedelta(hours=1)
SHOWN = timedelta(hours=48)


@dataclass
class Hour:
    """Running jobs of one hour: reserved, the peaks of what ran in reservations and beside them, and job seconds."""

    hour: datetime
    reserved: int = 0
    dedicated: int = 0
    shared: int = 0
    seconds: int = 0

    @property
    def busy(self) -> float:
        """The share of the reserved jobs that ran, 0 to 1; 0 where nothing was reserved."""
        return min(self.seconds / (self.reserved * 3600), 1.0) if self.reserved else 0.0


def entitled(
    pools: Iterable[CapacityPool], span: Span, *, organization: Organization | None = None
) -> dict[tuple[int, date], int]:
    """Reserved units by pool and day, those of the organization where one is given; holds entitle to nothing."""
    found: dict[tuple[int, date], int] = defaultdict(int)
    rows = Reservation.objects.filter(pool__in=pools, hold_expires_at=None).touching(span.first, span.last + DAY)
    for one in rows if organization is None else rows.filter(organization=organization):
        if one.held:
            for day in one.held:
                found[one.pool_id, day] += one.units
    return found


def hours(
    pools: Iterable[CapacityPool], *, at: datetime, back: timedelta = SHOWN, organization: Organization | None = None
) -> list[Hour]:
    """The whole hours before `at`, oldest first; of one organization only what ran in its reservations."""
    pools, end = list(pools), at.replace(minute=0, second=0, microsecond=0)
    start = end - back
    units = entitled(pools, Span(spans.day_of(start), spans.day_of(end)), organization=organization)
    found = {start + number * HOUR: Hour(start + number * HOUR) for number in range(int(back / HOUR))}
    for each in found.values():
        day = spans.day_of(each.hour)
        each.reserved = sum(units.get((pool.pk, day), 0) * pool.jobs_per_unit for pool in pools)
    rows = PoolHour.objects.filter(pool__in=pools, hour__gte=start, hour__lt=end)
    for row in rows if organization is None else rows.filter(organization=organization):
        _add(found[row.hour.astimezone(end.tzinfo)], row)
    return list(found.values())


def busy(measured: Iterable[Hour]) -> float | None:
    """The share of what was reserved that ran, over all of the hours; None where nothing was reserved."""
    seen = [each for each in measured if each.reserved]
    reserved = sum(each.reserved for each in seen) * 3600
    return min(sum(each.seconds for each in seen) / reserved, 1.0) if reserved else None


def chart(measured: Iterable[Hour], *, label: str, with_shared: bool = True) -> dict[str, Any]:
    """Running jobs by hour as bars, and the reserved ones as a line above each."""
    series = [{"cls": "s1", "label": "In reservations"}, {"cls": "s2", "label": "In shared room"}]
    return {
        "label": label,
        "series": series if with_shared else series[:1],
        "ghost": "reserved",
        "column": "Hour",
        "size": "short",
        "every": 6,
        "points": [_point(each, with_shared=with_shared) for each in measured],
    }


def _add(hour: Hour, row: PoolHour) -> None:
    if row.organization_id is None:
        hour.shared += row.peak_jobs
        return
    hour.dedicated += row.peak_jobs
    hour.seconds += row.job_seconds


def _point(each: Hour, *, with_shared: bool) -> dict[str, Any]:
    return {
        "x": f"{each.hour:%H:%M}",
        "title": f"{each.hour:%a %-d %b, %H:%M} UTC",
        "v": [each.dedicated, each.shared] if with_shared else [each.dedicated],
        "ghost": each.reserved,
    }
