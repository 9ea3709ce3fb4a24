"""What goes on at an organization just now; looked at again every two seconds."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from keys import live as moments
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.LIMIT_SEE)
def live(request: StaffRequest, uid: str) -> HttpResponse:
    """Show what of each limit is used, which jobs run and what was refused in the last hour; `still` looks once."""
    organization = access.find_organization(request, uid, Permission.LIMIT_SEE)
    sees_gateways = request.staff.can(Permission.GATEWAY_SEE)
    found = moments.now(organization, at=timezone.now(), names_gateways=sees_gateways)
    context = {"organization": organization, "now": found, "tab": "Live", "is_still": "still" in request.GET}
    answer = render(request, "keys/_live.html" if pages.is_fragment(request) else "keys/live.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
