"""The usage explorer: of all organizations in scope, and of one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url

from metering import figures
from metering.explorer import Filter, boards, lines
from metering.views import saved
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.USAGE_SEE)
@vary_on_headers("HX-Request")
def index(request: StaffRequest) -> HttpResponse:
    """Explore the usage of the organizations in scope."""
    asked = Filter.from_query(request.GET, request.user)
    return _answer(request, "metering/index.html", {**_context(request, asked), "title": "Usage"})


@require_safe
@requires(Permission.USAGE_SEE)
@vary_on_headers("HX-Request")
def for_org(request: StaffRequest, uid: str) -> HttpResponse:
    """Explore the usage of one organization, in its own zone and by its billing periods."""
    organization = access.find_organization(request, uid, Permission.USAGE_SEE)
    asked = Filter.from_query(request.GET, request.user, organization)
    context = {
        **_context(request, asked),
        "organization": organization,
        "tab": "Usage",
        "parked": figures.parked(organization),
    }
    return _answer(request, "metering/for_org.html", context)


def _answer(request: StaffRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render the page; for htmx the part that follows the filter, with the address that Back is to find."""
    if not pages.is_fragment(request):
        return render(request, template, {**context, "layout": "base.html"})
    answer = render(request, template, {**context, "layout": "ui/part.html"})
    return push_url(answer, request.get_full_path())


def _context(request: StaffRequest, asked: Filter) -> dict[str, Any]:
    order = request.GET.get("order") or lines.USUAL_ORDER
    within = [asked.organization.uid] if asked.organization else []
    found = boards.board(asked, order=order, page=request.GET.get("page"))
    export = reverse("metering:start_export", args=within)
    return {
        "asked": asked,
        "board": found,
        "said": f"{found.heading}, {asked.span.label}: {found.counted}",
        "link": request.build_absolute_uri(f"{request.path}?{asked.query_string}"),
        "save_url": f"{reverse('metering:save_view', args=within)}?{asked.query_string}",
        "export_url": "" if found.is_empty else f"{export}?{asked.pinned_query_string}",
        **saved.tabs(request, asked),
    }
