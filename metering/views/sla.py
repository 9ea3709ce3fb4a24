"""How an organization was served against what was promised: a month of a version, and as a card of its overview."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from metering import sla as promised
from metering import sla_days, sla_page
from metering.models import Generation
from metering.sla_page import Month
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.USAGE_SEE)
def sla(request: StaffRequest, uid: str) -> HttpResponse:
    """Show a month of an API version by day and by cause, and the twelve before it."""
    organization, now = access.find_organization(request, uid, Permission.USAGE_SEE), timezone.now()
    version = _version(request, organization)
    rows = sla_page.months(organization, version, now=now)
    month = _chosen(request, rows)
    days = sla_days.by_day(organization, month.first, sla_days.last_day(month.first))
    of_version = [measured for (_, each), measured in days.items() if each == version]
    context = {
        "organization": organization,
        "tab": "SLA",
        "version": version,
        "versions": Generation.ApiVersion.choices,
        "usual_version": _usual(organization),
        "month": month,
        "months": rows,
        "month_choices": [(f"{row.first:%Y-%m}", row.label) for row in rows],
        "verdict": sla_page.verdict(month, version),
        "stats": sla_page.stats(month),
        "chart": sla_page.chart(days, month, version, today=sla_days.today(now)),
        "stages": sla_page.stages(promised.total(of_version)),
        "reasons": _parted(sla_page.reasons(organization, month, version)),
    }
    return render(request, "metering/sla.html", context)


@require_safe
@requires(Permission.USAGE_SEE)
def sla_overview(request: StaffRequest, uid: str) -> HttpResponse:
    """Show this month of each API version in a card of the organization's overview."""
    organization, now = access.find_organization(request, uid, Permission.USAGE_SEE), timezone.now()
    meters = [sla_page.meter(version, month) for version, month in sla_page.cards(organization, now=now)]
    context = {"organization": organization, "tab": "SLA", "meters": meters, "month": sla_days.months(now)[0]}
    template = "metering/_sla.html" if pages.is_fragment(request) else "metering/sla_overview.html"
    return render(request, template, context)


def _parted(reasons: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Part what counts against us from what does not."""
    ours, theirs = ([one for one in reasons if one["ours"] is is_ours] for is_ours in (True, False))
    return [("Against us", ours), ("Not counted", theirs)]


def _usual(organization: Organization) -> str:
    return max(organization.plan_version.api_versions, default=Generation.ApiVersion.V2.value)


def _version(request: StaffRequest, organization: Organization) -> str:
    asked = request.GET.get("version", "")
    return asked if asked in Generation.ApiVersion.values else _usual(organization)


def _chosen(request: StaffRequest, rows: list[Month]) -> Month:
    try:
        first = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return rows[0]
    return next((row for row in rows if row.first == first), rows[0])
