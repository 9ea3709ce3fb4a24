"""Pools of dedicated capacity: all of them, one of them, and what they hold."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit import plurals
from orgs import access, actions, capacity_forms, pages
from orgs.access import requires
from orgs.actions.capacity import InTheWay
from orgs.capacity import days, figures, spans, timeline, use
from orgs.capacity.timeline import Drawn, Window
from orgs.models import CapacityPool, Organization, Reservation
from orgs.models.capacity import ReservationQuerySet
from orgs.policy import Permission, scope
from orgs.requests import StaffRequest

PER_PAGE = 50
# Below the timeline; the list has all of them.
MOST_LISTED = 100
# So many runs of days alike are listed of a pool.
MOST_RUNS = 40
LISTED = [("standing", "Standing"), ("over", "Over"), ("all", "All")]


@require_safe
@requires(Permission.CAPACITY_SEE)
def capacity(request: StaffRequest) -> HttpResponse:
    """Draw all pools over six weeks, with who has reserved them; or list the reservations."""
    now = timezone.now()
    if request.GET.get("view") == "list":
        return _list(request, now=now)
    window = timeline.window(today=spans.day_of(now), asked=request.GET.get("from", ""))
    drawn = timeline.drawn(list(CapacityPool.objects.all()), window, at=now, seen=seen_by(request))
    listed = list(_reservations(request).standing(at=now))
    context = {
        **_around(request, window, drawn, now=now),
        "view": "timeline",
        "stats": figures.of_all(drawn, at=now, organizations=_organizations(request)),
        "left_over": timeline.left_over(listed),
        "rows": _rows(listed[:MOST_LISTED], now=now),
        "more": max(0, len(listed) - MOST_LISTED),
        "counted": _counted(listed),
        "title": "Capacity",
    }
    return render(request, "orgs/capacity.html", context)


@require_safe
@requires(Permission.CAPACITY_SEE)
def pool(request: StaffRequest, code: str) -> HttpResponse:
    """Show a pool: its timeline, what ran in it against what was reserved, its days, and who has some of it."""
    found = access.find(request, CapacityPool, Permission.CAPACITY_SEE, code=code)
    now = timezone.now()
    window = timeline.window(today=spans.day_of(now), asked=request.GET.get("from", ""))
    drawn = timeline.drawn([found], window, at=now, seen=seen_by(request))
    measured = use.hours([found], at=now)
    listed = list(_reservations(request).standing(at=now).filter(pool=found))
    context = {
        **_around(request, window, drawn, now=now),
        "pool": found,
        "stats": figures.of_pool(drawn[0], at=now),
        "chart": use.chart(measured, label=f"Running jobs in {found} by hour, last 48 hours."),
        "has_run": any(each.dedicated or each.shared for each in measured),
        "runs": days.alike(drawn[0].days)[:MOST_RUNS],
        "rows": _rows(listed, now=now),
        "counted": _counted(listed),
        "may_manage": request.staff.can(Permission.CAPACITY_MANAGE, found),
        # Without an organization its events are for those who see all of them.
        "sees_history": request.staff.organizations is None,
        **under(found.code),
    }
    return render(request, "orgs/pool.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CAPACITY_MANAGE)
def create_pool(request: StaffRequest) -> HttpResponse:
    """Open a pool."""
    form = capacity_forms.PoolForm(pages.posted(request), request=request, permission=Permission.CAPACITY_MANAGE)
    if pages.accepted(form, lambda: actions.create_pool(actor=request.actor, **form.wanted)):
        return pages.done(request, _page(form.result), f"{form.result} is open for reservations.")
    return pages.dialog(request, "orgs/create_pool.html", under("New pool"), form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CAPACITY_MANAGE)
def change_pool(request: StaffRequest, code: str) -> HttpResponse:
    """Change where a pool stands and what a unit of it is worth."""
    permission = Permission.CAPACITY_MANAGE
    found = access.find(request, CapacityPool, permission, code=code)
    shown = {name: getattr(found, name) for name in actions.capacity.EDITABLE}
    form = capacity_forms.ChangePoolForm(
        pages.posted(request), request=request, permission=permission, obj=found, initial=shown
    )
    if pages.accepted(
        form, lambda: actions.change_pool(pool=found, actor=request.actor, values=form.values, **form.why)
    ):
        return pages.done(request, _page(found), f"{found} was saved.")
    return pages.dialog(request, "orgs/change_pool.html", {"pool": found, **under_pool(found, "Change")}, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CAPACITY_MANAGE)
def set_capacity(request: StaffRequest, code: str) -> HttpResponse:
    """Set what a pool holds from a day on."""
    permission = Permission.CAPACITY_MANAGE
    found = access.find(request, CapacityPool, permission, code=code)
    today = spans.day_of(timezone.now())
    present = found.days.filter(day=today).values_list("capacity", flat=True).first()
    shown = {"units": present, "starts_on": today}
    form = capacity_forms.CapacityForm(
        pages.posted(request), request=request, permission=permission, obj=found, initial=shown
    )
    if pages.accepted(form, lambda: _set_capacity(request, found, form)):
        asked = form.cleaned_data
        said = f"{found} holds {asked['units']} units from {asked['starts_on']:%-d %b %Y} on."
        return pages.done(request, _page(found), said)
    context = {"pool": found, "in_the_way": form.in_the_way, **under_pool(found, "Set capacity")}
    return pages.dialog(request, "orgs/set_capacity.html", context, form=form)


def under(title: str) -> dict[str, Any]:
    """Return the place of a page below that of all pools."""
    return pages.place(title, ("Capacity", reverse("orgs:capacity")))


def under_pool(found: CapacityPool, title: str) -> dict[str, Any]:
    """Return the place of a page below a pool's."""
    return pages.place(title, ("Capacity", reverse("orgs:capacity")), (found.code, _page(found)))


def seen_by(request: StaffRequest) -> Collection[int] | None:
    """The organizations that the person may know the names of, by key; None for all of them."""
    if scope(request.user, Permission.ORGANIZATION_SEE).everything:
        return None
    return frozenset(_organizations(request).values_list("pk", flat=True))


def _set_capacity(request: StaffRequest, found: CapacityPool, form: capacity_forms.CapacityForm) -> CapacityPool:
    asked = form.cleaned_data
    try:
        return actions.set_capacity(
            pool=found, actor=request.actor, units=asked["units"], starts_on=asked["starts_on"], **form.why
        )
    except InTheWay as error:
        form.in_the_way = error
        raise


def _list(request: StaffRequest, *, now: datetime) -> HttpResponse:
    rows = _reservations(request).order_by("-days", "-pk")
    kind, code = request.GET.get("state", "standing"), request.GET.get("pool", "").replace("\x00", "")
    if kind == "standing":
        rows = rows.standing(at=now)
    elif kind == "over":
        rows = rows.exclude(pk__in=rows.standing(at=now).values("pk"))
    page = Paginator(rows.filter(pool__code=code) if code else rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "view": "list",
        "page": page,
        "rows": _rows(list(page.object_list), now=now),
        "counted": f"{len(page.object_list)} of {page.paginator.count} reservations",
        "kinds": LISTED,
        "pools": [(one, one) for one in CapacityPool.objects.values_list("code", flat=True)],
        "title": "Capacity",
        **_may(request),
    }
    return render(request, "orgs/capacity.html", context)


def _around(request: StaffRequest, window: Window, drawn: Sequence[Drawn], *, now: datetime) -> dict[str, Any]:
    return {
        "window": window,
        "drawn": drawn,
        "place": window.place(now),
        "legend": timeline.LEGEND,
        "earlier": window.moved(-timeline.WEEKS + 2).first.isoformat(),
        "later": window.moved(timeline.WEEKS - 2).first.isoformat(),
        "is_moved": bool(request.GET.get("from")),
        "warning": timeline.warning(drawn, today=spans.day_of(now)),
        **_may(request),
    }


def _may(request: StaffRequest) -> dict[str, bool]:
    return {
        "may_reserve": request.staff.can(Permission.CAPACITY_RESERVE),
        "may_create": request.staff.can(Permission.CAPACITY_MANAGE),
    }


def _reservations(request: StaffRequest) -> ReservationQuerySet:
    rows = Reservation.objects.for_user(request.user, Permission.CAPACITY_SEE)
    return rows.select_related("organization", "pool").order_by("pool__code", "days", "pk")


def _organizations(request: StaffRequest) -> Any:
    return Organization.objects.for_user(request.user, Permission.ORGANIZATION_SEE)


def _rows(reservations: Sequence[Reservation], *, now: datetime) -> list[tuple[Reservation, str, date | None]]:
    """Each with its state by the clock, and with its first day where that lies ahead."""
    return [(one, one.state_at(now), one.begins(now)) for one in reservations]


def _counted(reservations: Sequence[Reservation]) -> str:
    holds = sum(one.state == Reservation.State.HOLD for one in reservations)
    said = f"{len(reservations) - holds} active"
    return f"{said}, {plurals.counted(holds, 'hold')}" if holds else said


def _page(found: CapacityPool) -> str:
    return reverse("orgs:pool", args=[found.code])
