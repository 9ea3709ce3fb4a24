"""Find a key, and look at it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from keys import actions, states
from keys.models import ApiKey, ApiKeyQuerySet
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 50


@require_safe
@requires(Permission.KEY_SEE)
def index(request: StaffRequest) -> HttpResponse:
    """List the keys of every organization in scope."""
    if cut := pages.without_keys(request):
        return cut
    rows = ApiKey.objects.for_user(request.user, Permission.KEY_SEE)
    context = _listed(request, rows)
    return render(request, "keys/index.html", {**context, "title": "Keys"})


@require_safe
@requires(Permission.KEY_SEE)
def for_org(request: StaffRequest, uid: str) -> HttpResponse:
    """List the keys of one organization; as a fragment, the card on its overview."""
    if cut := pages.without_keys(request):
        return cut
    rows = Organization.objects.select_related("plan_version__plan", "account_manager")
    organization = access.find(request, rows, Permission.KEY_SEE, uid=uid)
    context = {
        **_listed(request, organization.keys.all()),
        "organization": organization,
        "tab": "Keys",
        "may_issue": organization.holds_keys and request.staff.can(Permission.KEY_ISSUE, organization),
    }
    if not pages.is_fragment(request):
        return render(request, "keys/for_org.html", context)
    rotating = next((key for key, _ in context["rows"] if key.is_rotating(at=timezone.now())), None)
    return render(request, "keys/_card.html", {**context, "rotating": rotating})


@require_safe
@requires(Permission.KEY_SEE)
def detail(request: StaffRequest, uid: str) -> HttpResponse:
    """Show a key: its secrets, what it may do, and who changed it."""
    key = access.find(request, ApiKey.objects.with_secrets(), Permission.KEY_SEE, uid=uid)
    now = timezone.now()
    context = {
        "key": key,
        "tab": "Overview",
        "state": states.of_key(key, at=now),
        "secrets": [(secret, states.of_secret(secret, at=now)) for secret in key.secrets.all()],
        "is_rotating": key.is_rotating(at=now),
        "may_rotate": not actions.rotation_problem(key, now=now) and request.staff.can(Permission.KEY_ROTATE, key),
        "may_revoke": key.state != ApiKey.State.REVOKED and request.staff.can(Permission.KEY_REVOKE, key),
    }
    return render(request, "keys/detail.html", context)


@require_safe
@requires(Permission.KEY_SEE)
def history(request: StaffRequest, uid: str) -> HttpResponse:
    """Show everything that was done to a key."""
    key = access.find(request, ApiKey.objects.with_secrets(), Permission.KEY_SEE, uid=uid)
    context = {"key": key, "tab": "History", "state": states.of_key(key, at=timezone.now())}
    return render(request, "keys/history.html", context)


def _listed(request: StaffRequest, rows: ApiKeyQuerySet) -> dict[str, Any]:
    now = timezone.now()
    page = Paginator(_filtered(rows, request).with_secrets(), PER_PAGE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "rows": [(key, states.of_key(key, at=now)) for key in page.object_list],
        "states": states.CHOICES,
        "environments": ApiKey.Environment.choices,
        "counted": f"{len(page.object_list)} of {page.paginator.count} keys",
        "is_filtered": any(request.GET.get(name) for name in ("q", "state", "environment")),
    }


def _filtered(rows: ApiKeyQuerySet, request: StaffRequest) -> ApiKeyQuerySet:
    given = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("q", "state", "environment")}
    if given["q"]:
        rows = rows.matching(given["q"])
    if given["environment"]:
        rows = rows.filter(environment=given["environment"])
    return states.filtered(rows, given["state"], at=timezone.now())
