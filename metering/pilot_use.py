"""What a pilot has generated: towards its cap, and as what it has to show is measured by."""

from datetime import datetime

from django.db.models import Aggregate, IntegerField

from keys import criteria, pilot_terms
from keys.models import ApiKey, Pilot
from metering import usage
from metering.models import Generation
from metering.usage import Tally

LIVE = ApiKey.Environment.LIVE


class _P95(Aggregate):
    """The duration within which 95 of 100 were done."""

    template = "percentile_disc(0.95) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()


def cap_used(pilot: Pilot, *, at: datetime) -> int:
    """Count what counts towards its cap: the succeeded generations of live keys in its range."""
    return _tally(pilot, at=at).generations


def measured(pilot: Pilot, *, at: datetime, timed: bool = True) -> criteria.Measured:
    """Measure what it has to show, by its live keys alone; durations only where they are asked for."""
    tally = _tally(pilot, at=at)
    return criteria.Measured(tally.generations, tally.failures, _p95(pilot, at=at) if timed else None)


def near_cap(*, at: datetime) -> list[tuple[Pilot, int]]:
    """Return the pilots that run and have used so much of their cap that people are to be told, with what they used."""
    capped = Pilot.objects.running(at=at).exclude(generation_cap=None).select_related("organization")
    used = [(pilot, cap_used(pilot, at=at)) for pilot in capped.filter(organization__status="pilot")]
    return [(pilot, count) for pilot, count in used if pilot_terms.cap_reached(count, pilot.generation_cap)]


def _tally(pilot: Pilot, *, at: datetime) -> Tally:
    end = min(at, pilot.ends_at)
    if end <= pilot.starts_at:
        return Tally()
    return usage.between(pilot.organization, pilot.starts_at, end, environment=LIVE)


def _p95(pilot: Pilot, *, at: datetime) -> int | None:
    rows = Generation.objects.of_keys(LIVE).filter(organization=pilot.organization)
    rows = rows.filter(outcome=Generation.Outcome.SUCCEEDED, duration_ms__isnull=False)
    end = min(at, pilot.ends_at)
    found: int | None = rows.between(pilot.starts_at, end).aggregate(p95=_P95("duration_ms"))["p95"]
    return found
