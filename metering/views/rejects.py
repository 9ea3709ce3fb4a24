"""What gateways reported and the ledger did not count: looked at, sent again or dismissed."""

import hashlib
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit import jobs, plurals, scope, search, tasks
from metering import actions, reject_bulk, reject_forms, reject_reading, reject_settling
from metering.models import RejectedGeneration
from metering.models.generations import RejectedGenerationQuerySet
from metering.reject_bulk import Act
from orgs import access, pages
from orgs.access import requires
from orgs.forms import ReasonForm
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 50
MOST_OFFERED = 30
FILTERS = ("q", "status", "code", "source", "resolution")
_SETTLED = "It is settled already. Nothing was changed."
RESOLUTIONS = [*RejectedGeneration.Resolution.choices, ("all", "All")]


@require_safe
@requires(Permission.USAGE_SEE)
def rejects(request: StaffRequest) -> HttpResponse:
    """List what was not counted, what nobody has settled first of all."""
    mine = _rows().for_user(request.user, Permission.USAGE_SEE)
    page = Paginator(_filtered(mine, request), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Rejects",
        "page": page,
        "rows": page.object_list,
        "counted": f"{len(page.object_list)} of {page.paginator.count:,} rejects",
        "total": page.paginator.count,
        "statuses": RejectedGeneration.Status.choices,
        "resolutions": RESOLUTIONS,
        "codes": _offered(mine, "code"),
        "sources": _offered(mine, "source"),
        "is_filtered": any(request.GET.get(name) for name in FILTERS),
        "asked": [(name, request.GET[name]) for name in FILTERS if request.GET.get(name)],
        "may_decide": request.staff.can(Permission.REJECT_DECIDE),
    }
    return render(request, "metering/rejects.html", context)


@require_safe
@requires(Permission.USAGE_SEE)
def reject(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one with its body, beside the first write where there is one."""
    found = access.find(request, _rows(), Permission.USAGE_SEE, pk=pk)
    is_open = found.resolution == RejectedGeneration.Resolution.NONE
    context = {
        "reject": found,
        "raw": reject_reading.raw(found),
        "beside": reject_reading.beside(found, request.user),
        # Until somebody has tried, there is none to show.
        "has_history": bool(search.newest(search.about("reject", found.target.id), scope.of(request.staff), size=1)),
        "may_decide": is_open and request.staff.can(Permission.REJECT_DECIDE, found),
        **_under(str(found)),
    }
    return render(request, "metering/reject.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.REJECT_DECIDE)
def retry_reject(request: StaffRequest, pk: int) -> HttpResponse:
    """Send the stored body to the ledger once more, and say what came of it."""
    found = access.find(request, _rows(), Permission.REJECT_DECIDE, pk=pk)
    if found.resolution != RejectedGeneration.Resolution.NONE:
        return pages.refused(request, _page(found), _SETTLED)
    form = pages.asked(reject_forms.RetryForm, request, Permission.REJECT_DECIDE, found)
    act = lambda: actions.retry_reject(reject=found, actor=request.actor, now=timezone.now(), **form.why)  # noqa: E731
    if not pages.accepted(form, act):
        return pages.dialog(request, "metering/retry_reject.html", {"reject": found, **_at(found, "Retry")}, form=form)
    said = reject_settling.said(form.result)
    if reject_settling.is_counted(form.result):
        return pages.done(request, _page(found), f"It is counted now: {said}.")
    return pages.refused(request, _page(found), f"It was not counted: {said}.")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.REJECT_DECIDE)
def dismiss_reject(request: StaffRequest, pk: int) -> HttpResponse:
    """Let it stay uncounted, with a reason."""
    found = access.find(request, _rows(), Permission.REJECT_DECIDE, pk=pk)
    if found.resolution != RejectedGeneration.Resolution.NONE:
        return pages.refused(request, _page(found), _SETTLED)
    form = pages.asked(reject_forms.DismissForm, request, Permission.REJECT_DECIDE, found)
    act = lambda: actions.dismiss_reject(reject=found, actor=request.actor, now=timezone.now(), **form.why)  # noqa: E731
    if pages.accepted(form, act):
        return pages.done(request, _page(found), "Dismissed. It stays uncounted.")
    return pages.dialog(request, "metering/dismiss_reject.html", {"reject": found, **_at(found, "Dismiss")}, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.REJECT_DECIDE)
def retry_rejects(request: StaffRequest) -> HttpResponse:
    """Send many once more, as a job."""
    return _many(request, reject_bulk.RETRY, reject_forms.RetryForm)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.REJECT_DECIDE)
def dismiss_rejects(request: StaffRequest) -> HttpResponse:
    """Dismiss many, as a job."""
    return _many(request, reject_bulk.DISMISS, reject_forms.DismissForm)


def _many(request: StaffRequest, act: Act, kind: type[ReasonForm]) -> HttpResponse:
    chosen = _selected(request)
    index = reverse("metering:rejects")
    count = chosen[: jobs.MOST + 1].count()
    if not count:
        return pages.refused(request, index, "Tick what you mean, or “All that match”. What is settled stays as it is.")
    if count > jobs.MOST:
        return pages.refused(request, index, f"At most {jobs.MOST:,} in one job. Narrow the filter.")
    form = pages.asked(kind, request, Permission.REJECT_DECIDE, None)
    if pages.accepted(form, lambda: _start(request, act, form, chosen)):
        tasks.enqueue(form.result)
        return pages.done(request, reverse("audit:job", args=[form.result.pk]), "The job has begun.")
    context = {"act": act, "count": count, **_under(f"{act.label} rejects")}
    return pages.dialog(request, f"metering/{act.name}.html", context, form=form)


def _start(request: StaffRequest, act: Act, form: ReasonForm, chosen: RejectedGenerationQuerySet) -> object:
    pieces = reject_bulk.pieces(chosen.order_by("pk"))
    names = "\n".join([act.name, *form.why.values(), *(one.target.id for one in pieces)])
    title = f"{act.label} {plurals.counted(len(pieces), 'reject')}"
    once = hashlib.sha256(names.encode()).hexdigest()
    return jobs.start(
        kind=act.kind,
        actor=request.actor,
        title=title,
        items=pieces,
        arguments=form.why,
        **form.why,
        once=once,
    )


def _selected(request: StaffRequest) -> RejectedGenerationQuerySet:
    """What was ticked, or all that match the filter: of these what the person may settle, and nobody has."""
    mine = _rows().for_user(request.user, Permission.REJECT_DECIDE).unsettled()
    if request.GET.get("all"):
        return _filtered(mine, request)
    ticked = request.GET.getlist("key")
    if not all(one.isdecimal() and len(one) < 19 for one in ticked):
        raise Http404
    return mine.filter(pk__in=ticked)


def _filtered(rows: RejectedGenerationQuerySet, request: StaffRequest) -> RejectedGenerationQuerySet:
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in FILTERS}
    resolution = asked["resolution"] or RejectedGeneration.Resolution.NONE
    if resolution != "all":
        rows = rows.filter(resolution=resolution)
    for name in ("status", "code", "source"):
        if asked[name]:
            rows = rows.filter(**{name: asked[name]})
    if words := asked["q"]:
        rows = rows.filter(Q(organization__in=Organization.objects.matching(words)) | Q(generation_id__iexact=words))
    return rows


def _rows() -> RejectedGenerationQuerySet:
    return RejectedGeneration.objects.select_related("organization").order_by("-last_received_at", "-pk")


def _offered(rows: RejectedGenerationQuerySet, name: str) -> list[tuple[str, str]]:
    found = rows.order_by(name).values_list(name, flat=True).distinct()
    return [(value, value.replace("_", " ") if name == "code" else value) for value in found[:MOST_OFFERED]]


def _page(found: RejectedGeneration) -> str:
    return reverse("metering:reject", args=[found.pk])


def _at(found: RejectedGeneration, title: str) -> dict[str, Any]:
    return pages.place(title, ("Rejects", reverse("metering:rejects")), (str(found), _page(found)))


def _under(title: str) -> dict[str, Any]:
    return pages.place(title, ("Usage", reverse("metering:index")), ("Rejects", reverse("metering:rejects")))
