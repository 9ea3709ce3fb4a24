"""What can be done with a pilot: each a dialog and a page at the same address."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from keys import actions, criteria, pilot_ends, pilot_forms
from keys.models import Pilot
from orgs import access, pages, plans
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

MANAGE = Permission.PILOT_MANAGE


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def plan_pilot(request: StaffRequest, uid: str) -> HttpResponse:
    """Write down what is agreed on for a draft on the pilot plan."""
    organization, pilot = find(request, uid)
    if request.method != "POST" and not can_be_planned(organization):
        return _refused(request, organization, f"{organization} is no draft on the pilot plan.")
    return _begin(request, organization, pilot, actions.plan_pilot, "plan_pilot", "is planned. Activating starts it")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def start_pilot(request: StaffRequest, uid: str) -> HttpResponse:
    """Let a pilot run, for the first time or once more."""
    organization, pilot = find(request, uid)
    if request.method != "POST" and not can_be_started(organization, pilot):
        return _refused(request, organization, f"No pilot of {organization} can be started now.")
    return _begin(request, organization, pilot, actions.start_pilot, "start_pilot", "is started")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def extend_pilot(request: StaffRequest, uid: str) -> HttpResponse:
    """Move the end of a pilot."""
    organization, pilot = find(request, uid)
    if pilot is None or not can_be_extended(pilot):
        return _refused(request, organization, f"The pilot of {organization} cannot be extended.")
    now = timezone.now()
    chosen = pilot_ends.read((pages.posted(request) or request.GET).get("ends_on", ""), at=now)
    form = pages.asked(
        pilot_forms.ExtendPilotForm, request, MANAGE, organization, pilot=pilot, initial={"ends_on": chosen}
    )
    if pages.accepted(form, lambda: actions.extend_pilot(pilot=pilot, actor=request.actor, **form.wanted)):
        said = f"The pilot of {organization} lasts until {form.result.ends_at:%-d %b %Y, %H:%M} UTC."
        return pages.done(request, page_of(organization), said)
    later = pilot_ends.later(pilot, chosen=chosen, user=request.user, at=now)
    return _dialog(request, "extend_pilot", organization, pilot, form, later=later)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def change_pilot(request: StaffRequest, uid: str) -> HttpResponse:
    """Change what the customer may do, what the pilot has to show, and the plan after it."""
    organization, pilot = find(request, uid)
    if pilot is None or not pilot.is_open:
        return _refused(request, organization, f"No pilot of {organization} runs that could be changed.")
    form = pilot_forms.AgreedForm(
        pages.posted(request), request=request, permission=MANAGE, obj=organization, organization=organization,
        pilot=pilot,
    )  # fmt: skip
    if pages.accepted(form, lambda: actions.change_pilot(pilot=pilot, actor=request.actor, **form.wanted)):
        return pages.done(request, page_of(organization), f"The pilot of {organization} was changed.")
    return _dialog(request, "change_pilot", organization, pilot, form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def cancel_pilot(request: StaffRequest, uid: str) -> HttpResponse:
    """End a pilot before its time."""
    organization, pilot = find(request, uid)
    if pilot is None or not can_be_cancelled(pilot):
        return _refused(request, organization, f"No pilot of {organization} runs or is planned.")
    form = pilot_forms.CancelPilotForm(
        pages.posted(request), request=request, permission=MANAGE, obj=organization, pilot=pilot
    )
    if pages.accepted(form, lambda: actions.cancel_pilot(pilot=pilot, actor=request.actor, **form.why)):
        return pages.done(request, page_of(organization), f"The pilot of {organization} is cancelled.")
    return _dialog(request, "cancel_pilot", organization, pilot, form)


@require_POST
@requires(MANAGE)
def tick_criterion(request: StaffRequest, uid: str, position: int) -> HttpResponse:
    """Say that a line which nobody can measure is met, or is not."""
    organization, pilot = find(request, uid)
    line = pilot.criteria.filter(position=position, kind=criteria.Kind.WORDS).first() if pilot else None
    if pilot is None or line is None:
        raise Http404
    met = request.POST.get("met") == "1"
    actions.tick_criterion(pilot=pilot, actor=request.actor, position=position, met=met)
    return pages.done(request, page_of(organization), f"“{line}” is {'met' if met else 'not met'}.")


def page_of(organization: Organization) -> str:
    """The page of the pilot, which stands with what it has generated."""
    return reverse("metering:pilot", args=[organization.uid])


def can_be_planned(organization: Organization) -> bool:
    return organization.status == Organization.Status.DRAFT and organization.plan.code == plans.PILOT


def can_be_started(organization: Organization, pilot: Pilot | None) -> bool:
    is_over = pilot is None or (not pilot.is_open and pilot.state != Pilot.State.CONVERTED)
    return organization.status == Organization.Status.PILOT and is_over


def can_be_extended(pilot: Pilot) -> bool:
    on_trial = pilot.organization.status == Organization.Status.PILOT
    return on_trial and pilot.may_be_extended(at=timezone.now())


def can_be_cancelled(pilot: Pilot) -> bool:
    return pilot.is_open or pilot.state == Pilot.State.DRAFT


def find(request: StaffRequest, uid: str, permission: Permission = MANAGE) -> tuple[Organization, Pilot | None]:
    """Find an organization in which the person holds the permission, and its pilot if it has one."""
    organization = access.find_organization(request, uid, permission)
    pilot = Pilot.objects.filter(organization=organization).select_related("production_plan__plan").first()
    if pilot is not None:
        pilot.organization = organization
    return organization, pilot


def _begin(
    request: StaffRequest,
    organization: Organization,
    pilot: Pilot | None,
    act: Callable[..., Pilot],
    name: str,
    said: str,
) -> HttpResponse:
    form = pilot_forms.BeginForm(
        pages.posted(request), request=request, permission=MANAGE, obj=organization, organization=organization,
        pilot=pilot,
    )  # fmt: skip
    if pages.accepted(form, lambda: act(organization=organization, actor=request.actor, **form.wanted)):
        return pages.done(request, page_of(organization), f"The pilot of {organization} {said}.")
    return _dialog(request, name, organization, pilot, form)


def _dialog(
    request: StaffRequest, name: str, organization: Organization, pilot: Pilot | None, form: Any, **more: Any
) -> HttpResponse:
    title = name.replace("_", " ").capitalize()
    context = {"organization": organization, "pilot": pilot, **more, **pages.under(organization, title)}
    return pages.dialog(request, f"keys/{name}.html", context, form=form, back=page_of(organization))


def _refused(request: StaffRequest, organization: Organization, problem: str) -> HttpResponse:
    return pages.refused(request, page_of(organization), problem)
