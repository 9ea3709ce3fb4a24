"""The life of an organization, each step a dialog with a reason."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgs import access, actions, changes, forms, lifecycle, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

Act = Callable[..., Organization]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_ACTIVATE)
def activate(request: StaffRequest, uid: str) -> HttpResponse:
    """Open a draft for business."""
    return _step(
        request,
        uid,
        Permission.ORGANIZATION_ACTIVATE,
        actions.activate_organization,
        "orgs/activate.html",
        "is open now",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_SUSPEND)
def suspend(request: StaffRequest, uid: str) -> HttpResponse:
    """Refuse the organization's calls until it is reinstated."""
    return _step(
        request, uid, Permission.ORGANIZATION_SUSPEND, actions.suspend_organization, "orgs/suspend.html", "is suspended"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_REINSTATE)
def reinstate(request: StaffRequest, uid: str) -> HttpResponse:
    """Let a suspended organization call again."""
    act = actions.reinstate_organization
    return _step(request, uid, Permission.ORGANIZATION_REINSTATE, act, "orgs/reinstate.html", "may call again")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_CLOSE)
def close(request: StaffRequest, uid: str) -> HttpResponse:
    """Close an organization for good."""
    return _step(
        request, uid, Permission.ORGANIZATION_CLOSE, actions.close_organization, "orgs/close.html", "is closed"
    )


def _step(request: StaffRequest, uid: str, permission: Permission, act: Act, template: str, said: str) -> HttpResponse:
    organization = access.find(request, Organization, permission, uid=uid)
    if problem := _problem(organization, permission) if request.method != "POST" else "":
        return pages.refused(request, reverse("orgs:detail", args=[uid]), problem)
    kind = forms.OptionalReasonForm if permission == Permission.ORGANIZATION_ACTIVATE else forms.ReasonForm
    form = pages.asked(kind, request, permission, organization)
    if pages.accepted(form, lambda: act(organization=organization, actor=request.actor, **form.why)):
        # Nobody is told that its calls are refused before they are, everywhere.
        changes.settle(organization)
        return pages.done(request, reverse("orgs:detail", args=[uid]), f"{organization} {said}.")
    title = permission.split(".")[1].capitalize()
    return pages.dialog(
        request, template, {"organization": organization, **pages.under(organization, title)}, form=form
    )


def _problem(organization: Organization, permission: Permission) -> str:
    """Say why the step makes no sense in the organization's state; nothing where it does."""
    if lifecycle.may_step(organization.status, permission.split(".")[1]):
        return ""
    return f"{organization} is {organization.get_status_display().lower()}. Nothing was changed."
