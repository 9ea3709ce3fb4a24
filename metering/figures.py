"""The figures and tables of usage pages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Sum

from keys.models import ApiKey
from metering import charts, usage
from metering.models import BillingPeriod, Generation, UsageDay
from metering.models.rollups import UsageDayQuerySet
from metering.usage import Tally
from metering.windows import Window
from orgs.models import Organization

T = TypeVar("T")
ORDERS = ("organization", "-organization", "generations", "-generations", "failed", "-failed")


@dataclass
class Line(Generic[T]):
    """One row of a table of usage: of what, how much, and in which course."""

    of: T
    tally: Tally
    course: list[int] = field(default_factory=list)


def total(tallies: Mapping[Any, Tally]) -> Tally:
    """Add up the parts."""
    whole = Tally()
    for part in tallies.values():
        whole.merge(part)
    return whole


def stats(tally: Tally, by_day: Mapping[Any, Tally]) -> list[dict[str, str]]:
    """Return what stands above the chart: generations, cost units, success rate and the busiest day."""
    busiest = max(by_day, key=lambda day: by_day[day].generations, default=None)
    each = f"{tally.cost_units / tally.generations:.2f} a generation" if tally.generations else ""
    return [
        {"label": "Generations", "value": f"{tally.generations:,}", "note": "succeeded"},
        {"label": "Cost units", "value": f"{tally.cost_units:,}", "note": each},
        {"label": "Success rate", "value": success(tally), "note": f"{tally.failures:,} failed"},
        {
            "label": "Busiest day",
            "value": f"{by_day[busiest].generations:,}" if busiest else "–",
            "note": f"{busiest:%-d %b %Y}" if busiest else "",
        },
    ]


def success(tally: Tally) -> str:
    """Write the share that succeeded, cut and not rounded: 100.00% means that nothing failed."""
    if not tally.attempts:
        return "–"
    hundredths = tally.generations * 10_000 // tally.attempts
    return f"{hundredths / 100:.2f}%"


def ranked(organizations: Iterable[Organization], tallies: Mapping[Any, Tally], order: str) -> list[Line[Organization]]:
    """Return a line for every organization, also those without usage, in one of ORDERS."""
    lines = [Line(organization, tallies.get(organization.pk, Tally())) for organization in organizations]
    lines.sort(key=lambda line: line.of.name.casefold())
    by = order.removeprefix("-")
    if by == "generations":
        lines.sort(key=lambda line: line.tally.generations, reverse=order.startswith("-"))
    elif by == "failed":
        lines.sort(key=lambda line: line.tally.failures, reverse=order.startswith("-"))
    elif order.startswith("-"):
        lines.reverse()
    return lines


def draw_course(lines: Sequence[Line[Any]], rows: UsageDayQuerySet, window: Window, *, by: str) -> None:
    """Give each line the course of its succeeded generations."""
    of = {line.of.pk: line for line in lines}
    counted = rows.filter(**{f"{by}__in": list(of)}, outcome=Generation.Outcome.SUCCEEDED).order_by()
    found: dict[Any, dict[Any, int]] = {}
    for pk, day, generations in counted.values_list(by, "day").annotate(Sum("generations")):
        found.setdefault(pk, {})[day] = generations
    for pk, line in of.items():
        line.course = charts.course(window, found.get(pk, {}))


def of_keys(tallies: Mapping[Any, Tally]) -> list[Line[ApiKey]]:
    """Return a line for every key that has usage, the busiest first."""
    keys = ApiKey.objects.in_bulk(list(tallies))
    lines = [Line(keys[pk], tally) for pk, tally in tallies.items()]
    return sorted(lines, key=lambda line: (-line.tally.generations, line.of.name.casefold()))


def of_period(period: BillingPeriod, *, environment: str) -> dict[str, Any]:
    """Return a billing period with its counts by resolution and version."""
    rows = UsageDay.objects.of_keys(environment).filter(organization=period.organization_id, period=period)
    tallies = usage.tallies(rows, "resolution")
    lines = [Line(resolution or "not said", tallies[resolution]) for resolution in sorted(tallies, key=str)]
    return {"period": period, "zone": period.contract.time_zone, "lines": lines, "total": total(tallies)}


def current_period(organization: Organization, *, now: datetime) -> BillingPeriod | None:
    """Return the billing period that contains now, if it is there."""
    found = BillingPeriod.objects.containing(now).filter(organization=organization)
    return found.select_related("contract").first()


def parked(organization: Organization) -> int:
    """Count the live generations that no contract covers: they are in no billing period."""
    rows = UsageDay.objects.of_keys(ApiKey.Environment.LIVE).filter(organization=organization, period=None)
    return usage.tally(rows).generations
