"""Pilots: all of them, one with what it has generated, and its way into production."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from keys import pilot_states, pilot_terms
from keys.models import Pilot
from keys.pilots import PilotQuerySet
from keys.views import pilots as doing
from metering import actions, conversion
from metering.conversion_forms import ConvertForm
from metering.models import Contract
from metering.pilot_cards import Card
from orgs import pages
from orgs.access import requires
from orgs.models import Organization, Reservation, Staff
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 25


@require_safe
@requires(Permission.ORGANIZATION_SEE)
def pilots(request: StaffRequest) -> HttpResponse:
    """List the pilots in scope, those that end soon first."""
    if cut := pages.without_keys(request):
        return cut
    now = timezone.now()
    in_scope = Pilot.objects.for_user(request.user, Permission.ORGANIZATION_SEE)
    page = Paginator(_filtered(in_scope, request), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "cards": [Card(pilot, now) for pilot in page],
        "page": page,
        "counted": f"{len(page)} of {page.paginator.count} pilots",
        "states": pilot_states.CHOICES,
        "managers": [(person.uid, str(person)) for person in _managers(in_scope)],
        "is_filtered": any(request.GET.get(name) for name in ("q", "state", "manager")),
        "title": "Pilots",
    }
    return render(request, "metering/pilots.html", context)


@require_safe
@requires(Permission.ORGANIZATION_SEE)
def pilot(request: StaffRequest, uid: str) -> HttpResponse:
    """Show how far a pilot is; as a fragment, the card on its organization's overview."""
    organization, found = doing.find(request, uid, Permission.ORGANIZATION_SEE)
    context = {
        "organization": organization,
        "tab": "Pilot",
        "card": Card(found, timezone.now()) if found else None,
        "own": found,
        **_may(request, organization, found),
    }
    template = "metering/_pilot.html" if pages.is_fragment(request) else "metering/pilot.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.PILOT_CONVERT)
def convert_pilot(request: StaffRequest, uid: str) -> HttpResponse:
    """Put a pilot into production; shows first what stands in the way, and what changes."""
    organization, found = doing.find(request, uid, Permission.PILOT_CONVERT)
    if found is None or not can_be_converted(found):
        return pages.refused(request, doing.page_of(organization), f"No pilot of {organization} is to be converted.")
    now = timezone.now()
    holds = _holds(organization)
    present = organization.contracts.covering(now).first()
    form = ConvertForm(
        pages.posted(request), request=request, permission=Permission.PILOT_CONVERT, obj=organization,
        organization=organization, present=present, coming=_coming(organization), holds=holds,
    )  # fmt: skip
    if pages.accepted(form, lambda: actions.convert_pilot(pilot=found, actor=request.actor, **form.wanted)):
        return pages.done(request, reverse("orgs:detail", args=[uid]), f"{organization} is in production.")
    rows = _changes(found, form, holds)
    context = {
        "organization": organization,
        "card": Card(found, now),
        "changes": conversion.changed(rows),
        "same": conversion.same(rows),
        **pages.under(organization, "Convert pilot"),
    }
    back = doing.page_of(organization)
    return pages.dialog(request, "metering/convert_pilot.html", context, form=form, back=back)


def can_be_converted(found: Pilot) -> bool:
    """Whether there is something to convert, now or once it has been extended."""
    return found.is_open or found.state == Pilot.State.EXPIRED


def _changes(found: Pilot, form: ConvertForm, holds: list[Reservation]) -> list[conversion.Row]:
    """What changes with what the form says; nothing as long as no plan is chosen."""
    if found.production_plan is None:
        return []
    terms, chosen = form.chosen or (None, holds)
    return conversion.rows(found, found.production_plan, at=timezone.now(), terms=terms, holds=chosen)


def _holds(organization: Organization) -> list[Reservation]:
    standing = Reservation.objects.filter(organization=organization).standing(at=timezone.now())
    return list(standing.filter(state=Reservation.State.HOLD).select_related("pool"))


def _coming(organization: Organization) -> Contract | None:
    """The version of the contract that was prepared to begin next."""
    later = organization.contracts.standing().filter(effective__startswith__gt=timezone.now())
    return later.select_related("organization").order_by("effective").first()


def _may(request: StaffRequest, organization: Organization, found: Pilot | None) -> dict[str, Any]:
    """What the person can do here now."""
    manages = request.staff.can(Permission.PILOT_MANAGE, organization)
    converts = request.staff.can(Permission.PILOT_CONVERT, organization)
    on_trial = organization.status == Organization.Status.PILOT
    return {
        "may_plan": manages and doing.can_be_planned(organization),
        "may_start": manages and doing.can_be_started(organization, found),
        "may_extend": manages and found is not None and doing.can_be_extended(found),
        "may_change": manages and found is not None and found.is_open,
        "may_cancel": manages and found is not None and doing.can_be_cancelled(found),
        "may_convert": converts and found is not None and on_trial and can_be_converted(found),
    }


def _filtered(rows: PilotQuerySet, request: StaffRequest) -> PilotQuerySet:
    now = timezone.now()
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("q", "state", "manager")}
    rows = rows.filter(pilot_states.condition(asked["state"], at=now, soon=now + pilot_terms.AHEAD))
    if asked["q"]:
        rows = rows.filter(organization__in=Organization.objects.matching(asked["q"]))
    if asked["manager"]:
        rows = rows.filter(organization__account_manager__uid=asked["manager"])
    rows = rows.select_related("organization__plan_version__plan", "organization__account_manager")
    return rows.select_related("production_plan__plan").prefetch_related("criteria").order_by("ends_at", "pk")


def _managers(rows: PilotQuerySet) -> Any:
    return Staff.objects.filter(organizations__in=rows.values("organization")).distinct()
