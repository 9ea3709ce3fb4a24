"""What was generated: of one organization, of all of them, and as a file."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import trail
from audit.verbs import Verb
from keys.models import ApiKey
from metering import charts, exports, figures, usage, windows
from metering.windows import Window
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 50


@require_safe
@requires(Permission.USAGE_SEE)
def index(request: StaffRequest) -> HttpResponse:
    """Compare the organizations in scope: who generated how much, and how it went."""
    offered = windows.of_everybody(now=timezone.now())
    window, unknown = windows.chosen(offered, request.GET.get("range"))
    organizations = Organization.objects.for_user(request.user, Permission.USAGE_SEE)
    if text := request.GET.get("q", "").replace("\x00", "").strip():
        organizations = organizations.matching(text)
    rows = window.rows(environment=_environment(request)).filter(organization__in=organizations)
    by_organization, by_day = usage.tallies(rows, "organization_id"), usage.tallies(rows, "day")
    page = Paginator(figures.ranked(organizations, by_organization, _order(request)), PER_PAGE).get_page(
        request.GET.get("page")
    )
    figures.draw_course(list(page), rows, window, by="organization_id")
    total = figures.total(by_day)
    context = {
        **_asked(request, offered, window, unknown),
        "title": "Usage",
        "stats": figures.stats(total, by_day),
        "chart": charts.generations(window, by_day),
        "page": page,
        "total": total,
    }
    return render(request, "metering/index.html", context)


@require_safe
@requires(Permission.USAGE_SEE)
def for_org(request: StaffRequest, uid: str) -> HttpResponse:
    """Show the usage of one organization: by day, by key, and of its billing period by version and resolution."""
    organization, now = _find(request, uid), timezone.now()
    offered = windows.of_organization(organization, now=now)
    window, unknown = windows.chosen(offered, request.GET.get("range"))
    environment = _environment(request)
    rows = window.rows(environment=environment).filter(organization=organization)
    by_day, keys = usage.tallies(rows, "day"), figures.of_keys(usage.tallies(rows, "key_id"))
    figures.draw_course(keys, rows, window, by="key_id")
    period, total = window.period or figures.current_period(organization, now=now), figures.total(by_day)
    context = {
        **_asked(request, offered, window, unknown),
        "organization": organization,
        "tab": "Usage",
        "stats": figures.stats(total, by_day),
        "chart": charts.generations(window, by_day),
        "keys": keys,
        "total": total,
        "billed": figures.of_period(period, environment=environment) if period else None,
        "parked": figures.parked(organization),
    }
    return render(request, "metering/for_org.html", context)


@require_safe
@requires(Permission.USAGE_SEE)
def overview(request: StaffRequest, uid: str) -> HttpResponse:
    """Show the last 30 days of an organization in a card of its overview."""
    organization = _find(request, uid)
    window = next(window for window in windows.recent(timezone.now()) if window.value == "30d")
    rows = window.rows(environment=ApiKey.Environment.LIVE).filter(organization=organization)
    by_day = usage.tallies(rows, "day")
    context = {
        "organization": organization,
        "tab": "Usage",
        "chart": charts.generations(window, by_day, size="short"),
        "total": figures.total(by_day),
    }
    template = "metering/_overview.html" if pages.is_fragment(request) else "metering/overview.html"
    return render(request, template, context)


@require_safe
@requires(Permission.USAGE_SEE)
def export(request: StaffRequest, uid: str) -> StreamingHttpResponse:
    """Hand out the rows behind the usage page as CSV, and record that they left the house."""
    organization = _find(request, uid)
    window, unknown = windows.chosen(
        windows.of_organization(organization, now=timezone.now()), request.GET.get("range")
    )
    if unknown:
        raise Http404
    environment = _environment(request)
    rows = window.rows(environment=environment).filter(organization=organization)
    with transaction.atomic():
        trail.record(
            Verb.USAGE_EXPORTED,
            actor=request.actor,
            target=organization.target,
            organization=organization.target,
            detail={"period": window.label, "rows": rows.count(), "format": "csv"},
        )
    name = f"usage-{organization.slug}-{environment}-{window.first:%Y%m%d}-{window.last:%Y%m%d}.csv"
    answer = StreamingHttpResponse(exports.lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _find(request: StaffRequest, uid: str) -> Organization:
    rows = Organization.objects.select_related("plan_version__plan", "account_manager")
    return access.find(request, rows, Permission.USAGE_SEE, uid=uid)


def _environment(request: StaffRequest) -> str:
    asked = request.GET.get("environment", "")
    return asked if asked in ApiKey.Environment.values else ApiKey.Environment.LIVE.value


def _order(request: StaffRequest) -> str:
    asked = request.GET.get("order", "")
    return asked if asked in figures.ORDERS else "-generations"


def _asked(request: StaffRequest, offered: Sequence[Window], window: Window, unknown: str) -> dict[str, Any]:
    """What the filter row shows, and what an address must say to ask the same again."""
    environment = _environment(request)
    return {
        "window": window,
        "unknown": unknown,
        "ranges": [(each.value, each.label) for each in offered],
        "standard": offered[0].value,
        "environments": ApiKey.Environment.choices,
        "environment": environment,
        "is_filtered": bool(request.GET.get("q")),
        "query": urlencode({"range": window.value, "environment": environment}),
    }
