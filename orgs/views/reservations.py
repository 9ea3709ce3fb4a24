"""Reserve capacity, and change what is reserved."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgs import access, actions, capacity_forms, pages
from orgs.access import requires
from orgs.capacity import cautions, meanwhile, spans, timeline, use
from orgs.capacity.room import NoRoom, counted
from orgs.capacity_forms import USE
from orgs.forms import ActionForm, ReasonForm
from orgs.models import CapacityPool, Organization, Reservation
from orgs.policy import Permission
from orgs.requests import StaffRequest
from orgs.views.pools import under, under_pool

STANDING = (Reservation.State.HOLD, Reservation.State.ACTIVE)
# What is busy over these hours is told of an organization.
LATELY = timedelta(hours=24)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CAPACITY_RESERVE)
def reserve(request: StaffRequest) -> HttpResponse:
    """Reserve units of a pool for an organization; without room, offer when there is."""
    if USE in request.POST:
        form = capacity_forms.ReserveForm(request=request, initial=capacity_forms.used(request.POST.dict()))
        return _reserve_page(request, form)
    asked = {name: value.replace("\x00", "") for name, value in request.GET.dict().items()}
    today = spans.day_of(timezone.now()).isoformat()
    form = capacity_forms.ReserveForm(pages.posted(request), request=request, initial={"first": today, **asked})
    if pages.accepted(form, lambda: _act(form, lambda: actions.reserve(actor=request.actor, **form.wanted))):
        made = form.result
        verb = "are held" if made.state == Reservation.State.HOLD else "are reserved"
        said = f"{counted(made.units).capitalize()} in {made.pool} {verb} for {made.organization}, {made.span}."
        return pages.done(request, _page(made), said)
    return _reserve_page(request, form)


@require_safe
@requires(Permission.CAPACITY_SEE)
def reservation(request: StaffRequest, uid: str) -> HttpResponse:
    """Show a reservation: its days, what ran in it, and who changed it."""
    found = access.find(request, _rows(), Permission.CAPACITY_SEE, uid=uid)
    now = timezone.now()
    measured = use.hours([found.pool], at=now, organization=found.organization)
    label = f"Running jobs of {found.organization} in its reservations in {found.pool} by hour, last 48 hours."
    state = found.state_at(now)
    context = {
        "reservation": found,
        "state": state,
        "state_label": Reservation.State(state).label,
        "begins": found.begins(now),
        "meanwhile": meanwhile.told(found, at=now) if found.begins(now) else "",
        "cautions": cautions.of(found, at=now) if state in STANDING else [],
        "days_in_all": len(found.span),
        "chart": use.chart(measured, label=label, with_shared=False),
        "has_run": any(each.dedicated for each in measured),
        "may_change": state in STANDING and request.staff.can(Permission.CAPACITY_RESERVE, found),
        **under_pool(found.pool, f"{counted(found.units).capitalize()}, {found.span}"),
    }
    return render(request, "orgs/reservation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CAPACITY_RESERVE)
def confirm_hold(request: StaffRequest, uid: str) -> HttpResponse:
    """Turn a hold into a reservation."""
    act = actions.confirm_hold
    return _step(request, uid, capacity_forms.ConfirmForm, act, "orgs/confirm_hold.html", "Confirm", "is reserved")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CAPACITY_RESERVE)
def extend_reservation(request: StaffRequest, uid: str) -> HttpResponse:
    """Let a reservation last longer; without room, offer how long it can."""
    form, act = capacity_forms.ExtendForm, actions.extend_reservation
    return _step(request, uid, form, act, "orgs/extend_reservation.html", "Extend", "was extended")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CAPACITY_RESERVE)
def shorten_reservation(request: StaffRequest, uid: str) -> HttpResponse:
    """Let a reservation end sooner."""
    form, act = capacity_forms.ShortenForm, actions.shorten_reservation
    return _step(request, uid, form, act, "orgs/shorten_reservation.html", "Shorten", "was shortened")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CAPACITY_RESERVE)
def cancel_reservation(request: StaffRequest, uid: str) -> HttpResponse:
    """Give a reservation's units back from today on."""
    form, act = capacity_forms.CancelForm, actions.cancel_reservation
    return _step(request, uid, form, act, "orgs/cancel_reservation.html", "Cancel", "was cancelled")


@require_safe
@requires(Permission.ORGANIZATION_SEE)
def org_capacity(request: StaffRequest, uid: str) -> HttpResponse:
    """Show what an organization has reserved, and how much of it ran."""
    organization = access.find(request, Organization, Permission.ORGANIZATION_SEE, uid=uid)
    now = timezone.now()
    rows = organization.reservations.select_related("pool").order_by("-days", "-pk")
    standing, today = list(rows.standing(at=now)), spans.day_of(now)
    pools = list(CapacityPool.objects.filter(reservations__in=rows).distinct())
    measured = use.hours(pools, at=now, organization=organization)
    label = f"Running jobs of {organization} in its reservations by hour, last 48 hours."
    context = {
        "organization": organization,
        "tab": "Capacity",
        "rows": [(one, one.state_at(now), one.begins(now)) for one in rows[: timeline.MOST_LISTED]],
        "stats": _stats([one for one in standing if one.covers(today)], measured),
        "chart": use.chart(measured, label=label, with_shared=False),
        "has_run": any(each.dedicated for each in measured),
        "may_reserve": not _is_closed(organization) and request.staff.can(Permission.CAPACITY_RESERVE, organization),
    }
    return render(request, "orgs/org_capacity.html", context)


def _reserve_page(request: StaffRequest, form: capacity_forms.ReserveForm) -> HttpResponse:
    context = {
        "offers": _offers(form),
        "no_room": form.no_room,
        "pools": CapacityPool.objects.all(),
        **under("Reserve"),
    }
    return pages.dialog(request, "orgs/reserve.html", context, form=form)


def _step(
    request: StaffRequest,
    uid: str,
    kind: type[ReasonForm],
    act: Callable[..., Reservation],
    template: str,
    title: str,
    said: str,
) -> HttpResponse:
    permission = Permission.CAPACITY_RESERVE
    found = access.find(request, _rows(), permission, uid=uid)
    if problem := _problem(found, act) if request.method != "POST" else "":
        return pages.refused(request, _page(found), problem)
    shown = {"last": found.span.last}
    used = capacity_forms.used(request.POST.dict()) if USE in request.POST else shown
    posted = None if USE in request.POST else pages.posted(request)
    form = kind(posted, request=request, permission=permission, obj=found, initial=used)
    if pages.accepted(form, lambda: _act(form, lambda: act(reservation=found, actor=request.actor, **_asked(form)))):
        return pages.done(request, _page(found), f"{form.result} {said}.")
    context = {
        "reservation": found,
        "no_room": getattr(form, "no_room", None),
        "offers": _longest(form),
        **under_pool(found.pool, title),
    }
    return pages.dialog(request, template, context, form=form, back=_page(found))


def _act(form: ActionForm, act: Callable[[], Reservation]) -> Reservation:
    """Run the action; the form keeps why there is no room."""
    try:
        return act()
    except NoRoom as error:
        if isinstance(form, capacity_forms.RoomForm):
            form.noting(error)
        raise


def _asked(form: ReasonForm) -> dict[str, Any]:
    last = form.cleaned_data.get("last")
    return {**form.why, **({"last": last} if last else {})}


def _problem(found: Reservation, act: Callable[..., Reservation]) -> str:
    """Say why the step makes no sense in the reservation's state; nothing where it does."""
    state = found.state_at(timezone.now())
    if state not in STANDING:
        return f"{found} is {Reservation.State(state).label.lower()}. Nothing was changed."
    if act is actions.confirm_hold and state != Reservation.State.HOLD:
        return f"{found} is active already. Nothing was changed."
    return ""


def _offers(form: capacity_forms.ReserveForm) -> list[tuple[str, str]]:
    """The buttons that fill the form with what there is room for: what they say, and what they stand for."""
    if form.no_room is None:
        return []
    asked = form.cleaned_data
    found = [(f"Use {span}", capacity_forms.choice(span, asked["units"])) for span in form.no_room.others]
    if form.no_room.most:
        span = spans.Span(asked["first"], asked["last"])
        found.append((f"Use {counted(form.no_room.most)}", capacity_forms.choice(span, form.no_room.most)))
    return found


def _longest(form: ActionForm) -> list[tuple[str, str]]:
    no_room = form.no_room if isinstance(form, capacity_forms.RoomForm) else None
    others = no_room.others if no_room else []
    return [(f"Use {span.last:%-d %b}", capacity_forms.choice(span)) for span in others]


def _stats(now_reserved: list[Reservation], measured: list[use.Hour]) -> list[dict[str, Any]]:
    active = [one for one in now_reserved if one.state == Reservation.State.ACTIVE]
    units, jobs = sum(one.units for one in active), sum(one.jobs for one in active)
    share = use.busy(measured[-int(LATELY / use.HOUR) :])
    rate = sum(one.units * one.pool.generations_per_minute_per_unit for one in active)
    return [
        {"label": "Reserved today", "value": units, "unit": " unit" if units == 1 else " units"},
        {"label": "Dedicated running jobs", "value": f"{jobs:,}", "note": f"{rate:,} generations a minute"},
        {"label": "Reserved and busy", "value": "—" if share is None else f"{share:.0%}", "note": "last 24 hours"},
    ]


def _is_closed(organization: Organization) -> bool:
    return organization.status == Organization.Status.CLOSED


def _rows() -> Any:
    return Reservation.objects.select_related("organization", "pool")


def _page(found: Reservation) -> str:
    return reverse("orgs:reservation", args=[found.uid])
