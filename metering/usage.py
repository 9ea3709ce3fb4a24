"""What was generated, counted from the rollups: by version and outcome, and by whatever else somebody asks."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Expression, QuerySet, Sum

from metering import periods
from metering.models import Adjustment, BillingPeriod, Generation, UsageDay, UsageHour
from orgs.models import Organization

VERSIONS = tuple(Generation.ApiVersion.values)
_HOUR = timedelta(hours=1)


def _none_yet() -> dict[str, int]:
    return dict.fromkeys(VERSIONS, 0)


@dataclass
class Tally:
    """Generations by API version, and the cost units of the succeeded ones; every version is there, also at 0."""

    succeeded: dict[str, int] = field(default_factory=_none_yet)
    failed: dict[str, int] = field(default_factory=_none_yet)
    units: dict[str, int] = field(default_factory=_none_yet)

    def add(self, version: str, outcome: str, generations: int, units: int) -> None:
        """Count some more of one version and outcome."""
        if outcome == Generation.Outcome.FAILED:
            self.failed[version] += generations
            return
        self.succeeded[version] += generations
        self.units[version] += units

    def merge(self, other: "Tally") -> None:
        """Count everything that the other one holds."""
        for version in VERSIONS:
            self.succeeded[version] += other.succeeded[version]
            self.failed[version] += other.failed[version]
            self.units[version] += other.units[version]

    @property
    def generations(self) -> int:
        return sum(self.succeeded.values())

    @property
    def failures(self) -> int:
        return sum(self.failed.values())

    @property
    def attempts(self) -> int:
        return self.generations + self.failures

    @property
    def cost_units(self) -> int:
        return sum(self.units.values())


def tallies(rows: QuerySet[Any], by: str | Expression, *, counted: Expression | None = None) -> dict[Any, Tally]:
    """Count the rows of a rollup by one of their columns, or an expression over them."""
    found: dict[Any, Tally] = {}
    grouped = rows.order_by().values_list(by, "api_version", "outcome")
    for value, *rest in grouped.annotate(counted=counted or Sum("generations"), summed=Sum("units")):
        found.setdefault(value, Tally()).add(*rest)
    return found


def tally(rows: QuerySet[Any], *, counted: Expression | None = None) -> Tally:
    """Count the rows of a rollup; the ledger's own with `counted=Count("*")`."""
    total = Tally()
    for part in tallies(rows, "environment", counted=counted).values():
        total.merge(part)
    return total


def of_period(period: BillingPeriod, *, environment: str) -> Tally:
    """Count a billing period, exactly: its id stands in the rollup's key."""
    return tally(UsageDay.objects.of_keys(environment).filter(organization=period.organization_id, period=period))


def between(organization: Organization, start: datetime, end: datetime, *, environment: str) -> Tally:
    """Count what happened in start ≤ t < end, exactly: whole hours from the rollup, the rest from the ledger.

    What was voided counts nowhere.
    """
    total = Tally()
    hours = periods.whole_hours(periods.Span(start, end))
    edges = [(start, end)]
    if hours.start < hours.end:
        whole = UsageHour.objects.of_keys(environment).filter(organization=organization)
        total.merge(tally(whole.between(hours.start, hours.end)))
        edges = [(start, hours.start), (hours.end, end)]
    for first, last in edges:
        if first < last:
            single = Generation.objects.of_keys(environment).filter(organization=organization).between(first, last)
            total.merge(tally(single, counted=Count("*")))
            _take_voids(total, organization, first, last, environment=environment)
    return total


def _take_voids(total: Tally, organization: Organization, start: datetime, end: datetime, *, environment: str) -> None:
    voids = Adjustment.objects.between(start, end).filter(organization=organization, environment=environment)
    grouped = voids.order_by().values_list("api_version", "outcome")
    for version, outcome, generations, units in grouped.annotate(counted=Count("*"), summed=Sum("units")):
        total.add(version, outcome, -generations, -units)
