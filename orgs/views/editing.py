"""Create and edit an organization."""

import zoneinfo

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgs import access, actions, forms, pages, plans, policy
from orgs.access import requires
from orgs.models import Contact, Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

NEXT = [
    {"icon": "check-circle", "text": "Activate it", "note": "On the pilot plan, 30 days of pilot begin then"},
    {"icon": "key", "text": "Issue its first key", "note": "The secret is shown once"},
    {
        "icon": "document-text",
        "text": "Its contract is open already",
        "note": "Unpriced, by calendar month",
    },
]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_CREATE)
def create(request: StaffRequest) -> HttpResponse:
    """Create an organization as a draft."""
    form = forms.NewOrganizationForm(pages.posted(request), user=request.user)
    if pages.accepted(form, lambda: _create(request, form)):
        return pages.done(request, reverse("orgs:detail", args=[form.result.uid]), f"{form.result} is a draft now.")
    status = pages.UNPROCESSABLE if form.errors else 200
    place = pages.place("New organization", ("Organizations", reverse("orgs:index")))
    return render(request, "orgs/create.html", {"form": form, "zones": _zones(), "next": NEXT, **place}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_EDIT)
def edit(request: StaffRequest, uid: str) -> HttpResponse:
    """Edit what is said of an organization."""
    organization = access.find(request, Organization, Permission.ORGANIZATION_EDIT, uid=uid)
    shown = {field: getattr(organization, field) for field in forms.OrganizationForm.base_fields}
    form = forms.OrganizationForm(pages.posted(request), user=request.user, organization=organization, initial=shown)
    if pages.accepted(
        form,
        lambda: actions.edit_organization(organization=organization, actor=request.actor, values=form.cleaned_data),
    ):
        return pages.done(request, reverse("orgs:detail", args=[uid]), f"{form.result} was saved.")
    status = pages.UNPROCESSABLE if form.errors else 200
    context = {"form": form, "organization": organization, "zones": _zones(), **pages.under(organization, "Edit")}
    return render(request, "orgs/edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_CHANGE_PLAN)
def plan(request: StaffRequest, uid: str) -> HttpResponse:
    """Put an organization on another plan."""
    permission = Permission.ORGANIZATION_CHANGE_PLAN
    organization = access.find(request, Organization, permission, uid=uid)
    if request.method != "POST" and organization.status in (Organization.Status.PILOT, Organization.Status.CLOSED):
        problem = f"{organization} is {organization.get_status_display().lower()}: its plan stays as it is."
        return pages.refused(request, reverse("orgs:detail", args=[uid]), problem)
    form = pages.asked(
        forms.PlanForm,
        request,
        permission,
        organization,
        initial={"plan": organization.plan.code},
    )
    if pages.accepted(form, lambda: _change_plan(request, organization, form)):
        return pages.done(request, reverse("orgs:detail", args=[uid]), f"{organization} is on {form.result.plan} now.")
    context = {"organization": organization, **pages.under(organization, "Change plan")}
    return pages.dialog(request, "orgs/plan.html", context, form=form)


@transaction.atomic
def _create(request: StaffRequest, form: forms.NewOrganizationForm) -> Organization:
    values = dict(form.cleaned_data)
    email, plan_version = values.pop("contact_email"), plans.latest(values.pop("plan"))
    # An account manager's new organization is their own: nobody else's scope would show it to them.
    if not policy.can(request.user, Permission.ORGANIZATION_ASSIGN):
        values["account_manager"] = request.user
    actor = request.actor
    organization = actions.create_organization(actor=actor, plan_version=plan_version, **values)
    if email:
        actions.add_contact(organization=organization, actor=actor, kind=Contact.Kind.TECHNICAL, email=email)
    return organization


def _change_plan(request: StaffRequest, organization: Organization, form: forms.PlanForm) -> Organization:
    version = plans.latest(form.cleaned_data["plan"])
    return actions.change_plan(organization=organization, actor=request.actor, plan_version=version, **form.why)


def _zones() -> list[str]:
    return sorted(zoneinfo.available_timezones())
