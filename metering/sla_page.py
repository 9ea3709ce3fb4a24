"""What the pages of the SLA show: the chosen month in figures and by day, and every month beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from django.urls import reverse

from metering import causes, sla, sla_days
from metering.explorer import query
from metering.explorer.dimensions import NOT_SAID
from metering.models import Generation
from metering.promises import Promises
from metering.sla import Measured
from orgs.models import Organization
from orgs.objectives import Objective, shown

# Below this part of it a budget is nearly used up.
LITTLE = Fraction(1, 4)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Month:
    """A month of one API version: what happened, what was promised, and how much of the month has passed."""

    first: date
    measured: Measured
    objective: Objective
    elapsed: Fraction = Fraction(1)

    @property
    def label(self) -> str:
        return f"{self.first:%B %Y}"

    @property
    def is_running(self) -> bool:
        return self.elapsed < 1

    @property
    def attained(self) -> str:
        return sla.said(self.measured.attainment, self.objective)

    @property
    def promised(self) -> str:
        return f"{shown(self.objective.availability)}%" if self.objective.availability is not None else "nothing"

    @property
    def is_kept(self) -> bool | None:
        return sla.is_kept(self.measured, self.objective)

    @property
    def is_fast(self) -> bool | None:
        return sla.is_fast(self.measured, self.objective)

    @property
    def budget(self) -> sla.Budget | None:
        """Of the whole month: of one that is running, at the pace that it has had so far."""
        pace = sla.expected(self.measured, self.elapsed) if self.elapsed > 0 else None
        return sla.budget(self.measured, self.objective, expected=pace)

    @property
    def budget_left(self) -> str:
        """What is left of the budget in percent, "" without one."""
        return f"{int(self.budget.part_left * 100)}%" if self.budget else ""

    @property
    def p95(self) -> str:
        return seconds(self.measured.p95.high) if self.measured.p95 else "\u2013"

    @property
    def p95_promised(self) -> str:
        return seconds(self.objective.p95_ms) if self.objective.p95_ms is not None else ""


def seconds(milliseconds: float) -> str:
    """Write a time as pages do: `11.8 s`."""
    return f"{milliseconds / 1000:.1f} s"


def month_of(first: date, measured: Measured, objective: Objective, *, now: datetime) -> Month:
    """Return a month with how much of it has passed."""
    start = datetime.combine(first, time.min, UTC)
    end = datetime.combine(sla_days.last_day(first) + _DAY, time.min, UTC)
    elapsed = min(Fraction(1), Fraction(int((now - start).total_seconds()), int((end - start).total_seconds())))
    return Month(first, measured, objective, elapsed)


def months(organization: Organization, api_version: str, *, now: datetime) -> list[Month]:
    """Return the last 13 months of an API version, the latest first; those before the organization began are left out.

    A month is held to what was promised when it ended, a running one to what is promised now.
    """
    found, promises = sla_days.by_month(organization, now=now), Promises(organization)
    begun = organization.created_at.astimezone(UTC).date().replace(day=1)
    rows: list[Month] = []
    for first in sla_days.months(now):
        measured = found.get((first, api_version), Measured())
        if rows and first < begun and not measured.counted:
            continue
        ends = datetime.combine(sla_days.last_day(first) + _DAY, time.min, UTC)
        rows.append(month_of(first, measured, promises.at(min(ends, now), api_version), now=now))
    return rows


def verdict(month: Month, api_version: str) -> dict[str, str]:
    """Say in a sentence whether the promise of availability was kept, and in another one that of latency."""
    when = f"in {month.label}{' so far' if month.is_running else ''}"
    if not month.measured.counted:
        return {"tone": "info", "icon": "information-circle", "title": f"Nothing was asked of {api_version} {when}."}
    if month.is_kept is None:
        title = f"No availability is promised of {api_version}: {month.attained} succeeded {when}."
        return {"tone": "info", "icon": "information-circle", "title": title, "text": _latency(month)}
    promise = f"its availability promise {when}"
    if month.is_kept:
        title = f"{api_version} kept {promise}: {month.attained} of the promised {month.promised}."
        tone, icon = ("warn", "exclamation-triangle") if month.is_fast is False else ("ok", "check-circle")
        return {"tone": tone, "icon": icon, "title": title, "text": _latency(month)}
    title = f"{api_version} missed {promise}: {month.attained} instead of {month.promised}."
    return {"tone": "bad", "icon": "exclamation-triangle", "title": title, "text": _latency(month)}


def _latency(month: Month) -> str:
    """Say whether the promised p95 was kept, "" where nobody can tell."""
    if month.is_fast is None:
        return ""
    verb = "kept" if month.is_fast else "missed"
    return f"It {verb} its latency promise: p95 {month.p95}, promised {month.p95_promised} at most."


def stats(month: Month) -> list[dict[str, str]]:
    """Return the figures of a month: availability, budget, p95, and what we refused."""
    measured, p95 = month.measured, month.measured.p95
    return [
        {"label": "Availability", "value": month.attained, "note": f"promised {month.promised}"},
        {"label": "Error budget left", "value": month.budget_left or "\u2013", "note": _bears(month)},
        {
            "label": "p95",
            "value": month.p95,
            "note": _promised_time(month) + (f"of {p95.of:,} measured, at most 2% too high" if p95 else ""),
        },
        {"label": "Refused by us", "value": f"{measured.refused:,}", "note": "no room, within the customer's limits"},
    ]


def _promised_time(month: Month) -> str:
    if not month.p95_promised:
        return ""
    said = {True: ", kept", False: ", missed", None: ""}[month.is_fast]
    return f"promised {month.p95_promised} at most{said}; "


def _bears(month: Month) -> str:
    if month.budget is None:
        return "nothing is promised"
    allowed, left = month.budget.allowed, month.budget.left
    pace = " at this pace" if month.is_running else ""
    if left < 0:
        return f"{-left:,} more than the {allowed:,} allowed{pace}"
    return f"{left:,} of {allowed:,} may still fail{pace}" if month.is_running else f"{left:,} of {allowed:,} were left"


def chart(days: Mapping[tuple[date, str], Measured], month: Month, api_version: str, *, today: date) -> dict[str, Any]:
    """Draw what was missed on each day of the month."""
    last = min(sla_days.last_day(month.first), today)
    promised = month.objective.availability
    dates = [month.first + n * _DAY for n in range((last - month.first).days + 1)]
    return {
        "kind": "attainment",
        "label": f"Availability of {api_version} by day, {month.label}.",
        "promised": float(promised) if promised is not None else None,
        "points": [_point(day, days.get((day, api_version), Measured())) for day in dates],
        "size": "short",
    }


def _point(day: date, measured: Measured) -> dict[str, Any]:
    part = measured.attainment
    percent = float(sla.percent(part, 6)) if part is not None else None
    title = f"{day:%a %-d %b %Y}"
    said = f"{sla.percent(part, 3)}%" if part is not None else "nothing was asked"
    tip = f"{title}|{said}|{measured.missed:,} of {measured.counted:,} missed"
    return {"x": f"{day:%-d %b}", "title": title, "percent": percent, "tip": tip}


def stages(measured: Measured) -> list[tuple[str, str, int]]:
    """Return name, p95 and how often it was reported of each stage; nothing where no gateway reports them."""
    found = [(stage, measured.p95_of(stage)) for stage in sla.STAGES]
    return [(stage.capitalize(), seconds(p95.high), p95.of) for stage, p95 in found if p95]


def reasons(organization: Organization, month: Month, api_version: str) -> list[dict[str, Any]]:
    """Return what went wrong by cause: how often, whether it counts against us, and what opens exactly those."""
    last = sla_days.last_day(month.first)
    counted = sla_days.failures(organization, month.first, last, api_version)
    rows = [_reason(*named, counted, organization, month, api_version, ours=True) for named in causes.OURS]
    refused = reverse("keys:org_refusals", args=[organization.uid]) + f"?code={sla_days.NO_ROOM}"
    rows.append(
        {"label": "There was no room", "count": month.measured.refused, "href": refused, "ours": True, "is_call": True}
    )
    return rows + [_reason(*named, counted, organization, month, api_version, ours=False) for named in causes.THEIRS]


def _reason(
    cause: str,
    label: str,
    counted: Mapping[str, int],
    organization: Organization,
    month: Month,
    api_version: str,
    *,
    ours: bool,
) -> dict[str, Any]:
    opens = {
        "org": organization.uid,
        "version": api_version,
        "outcome": Generation.Outcome.FAILED.value,
        "cause": cause or NOT_SAID,
        "from": f"{month.first:%F}",
        "to": f"{sla_days.last_day(month.first):%F}",
    }
    href = query.generations_url(opens)
    return {"label": label, "count": counted.get(cause, 0), "href": href, "ours": ours}


def cards(organization: Organization, *, now: datetime) -> Sequence[tuple[str, Month]]:
    """Return this month of each API version that is in the plan or in use, for a card."""
    first = sla_days.months(now)[0]
    days = sla_days.by_day(organization, first, sla_days.last_day(first))
    found: dict[str, Measured] = {}
    for (_, version), measured in days.items():
        found.setdefault(version, Measured()).merge(measured)
    plan = organization.plan_version
    versions = sorted({*plan.api_versions, *found}, reverse=True)
    return [(each, month_of(first, found.get(each, Measured()), plan.objective(each), now=now)) for each in versions]


def _of_promised(month: Month) -> str:
    """Whether the latency promise is kept, for the end of a note."""
    return {True: ", latency promise kept", False: ", latency promise missed", None: ""}[month.is_fast]


def meter(api_version: str, month: Month) -> dict[str, Any]:
    """Return what is left of a month's budget as a meter shows it."""
    budget = month.budget
    state = "" if budget is None else "bad" if budget.left < 0 else "warn" if budget.part_left < LITTLE else ""
    left = ""
    if budget is not None:
        left = f"{month.budget_left} of the budget left; "
        if budget.left < 0:
            left = "availability promise missed so far; "
    return {
        "label": f"{api_version} availability",
        "text": f"{month.attained} of {month.promised}" if budget else month.attained,
        "pct": float(budget.part_left * 100) if budget else 0,
        "tone": state,
        "note": f"{left}p95 {month.p95}{_of_promised(month)}",
    }
