"""What was generated lately, as a card of an organization's overview."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from keys.models import ApiKey
from metering import charts, figures, usage, windows
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.USAGE_SEE)
def overview(request: StaffRequest, uid: str) -> HttpResponse:
    """Show the last 30 days of an organization in a card of its overview."""
    organization = access.find_organization(request, uid, Permission.USAGE_SEE)
    window = windows.last_30_days(timezone.now())
    counted = window.rows(environment=ApiKey.Environment.LIVE).filter(organization=organization)
    by_day = usage.tallies(counted, "day")
    context = {
        "organization": organization,
        "tab": "Usage",
        "chart": charts.generations(window, by_day, size="short"),
        "total": figures.total(by_day),
    }
    template = "metering/_overview.html" if pages.is_fragment(request) else "metering/overview.html"
    return render(request, template, context)
