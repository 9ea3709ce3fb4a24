"""Find an organization, and look at it."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orgs import access, columns, pages, plans
from orgs.access import requires
from orgs.models import Organization, Staff
from orgs.models.organizations import OrganizationQuerySet
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 50
# What stands in the URL, and the column that it filters.
FILTERS = {"status": "status", "plan": "plan_version__plan__code", "manager": "account_manager__uid"}


@require_safe
@requires(Permission.ORGANIZATION_SEE)
def index(request: StaffRequest) -> HttpResponse:
    """List the organizations in scope, filtered by words, status, plan and account manager."""
    if cut := pages.without_keys(request):
        return cut
    in_scope = Organization.objects.for_user(request.user, Permission.ORGANIZATION_SEE)
    found = _filtered(in_scope, request).select_related("plan_version__plan", "account_manager")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    heads, rows = columns.for_page(list(page.object_list))
    context = {
        "page": page,
        "columns": heads,
        "rows": rows,
        "statuses": Organization.Status.choices,
        "plans": plans.choices(),
        "managers": [(person.uid, str(person)) for person in _managers(in_scope)],
        "is_filtered": any(request.GET.get(name) for name in ("q", *FILTERS)),
        "counted": f"{len(rows)} of {page.paginator.count} organizations",
        "may_create": request.staff.can(Permission.ORGANIZATION_CREATE),
        "title": "Organizations",
    }
    return render(request, "orgs/index.html", context)


@require_safe
@requires(Permission.ORGANIZATION_SEE)
def detail(request: StaffRequest, uid: str) -> HttpResponse:
    """Show the organization: what is wrong now, its usage, its keys, and who changed it."""
    organization = access.find_organization(request, uid, Permission.ORGANIZATION_SEE)
    context = {"organization": organization, "tab": "Overview", "facts": _facts(organization)}
    return render(request, "orgs/detail.html", context)


@require_safe
@requires(Permission.ORGANIZATION_SEE)
def history(request: StaffRequest, uid: str) -> HttpResponse:
    """Show everything that was done to the organization and to what belongs to it."""
    organization = access.find_organization(request, uid, Permission.ORGANIZATION_SEE)
    return render(request, "orgs/history.html", {"organization": organization, "tab": "History"})


def _managers(organizations: OrganizationQuerySet) -> QuerySet[Staff]:
    return Staff.objects.filter(organizations__in=organizations).distinct()


def _facts(organization: Organization) -> list[tuple[str, str]]:
    facts = [
        ("Legal name", organization.legal_name),
        ("Slug", organization.slug),
        ("CRM reference", organization.crm_ref),
        ("Purchase order", organization.purchase_order),
        ("Renewal", f"{organization.renewal_on:%-d %b %Y}" if organization.renewal_on else ""),
        ("API versions", ", ".join(organization.plan_version.api_versions)),
        ("Created", f"{organization.created_at:%-d %b %Y}"),
        ("Notes", organization.notes),
    ]
    return [(name, value) for name, value in facts if value]


def _filtered(rows: OrganizationQuerySet, request: StaffRequest) -> OrganizationQuerySet:
    if text := request.GET.get("q", "").replace("\x00", "").strip():
        rows = rows.matching(text)
    for name, lookup in (
        ("status", "status"),
        ("plan", "plan_version__plan__code"),
        ("manager", "account_manager__uid"),
    ):
        if value := request.GET.get(name, "").replace("\x00", ""):
            rows = rows.filter(**{lookup: value})
    return rows
