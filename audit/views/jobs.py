"""Jobs: how far they are, what came of each thing, and the way to stop one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from audit import jobs as work
from audit import plurals, reading, sheets, trail
from audit.models import Job, JobItem
from audit.views.log import SEES_OBJECTS, refuse, requires

MANAGES = "job.manage"
PER_PAGE = 50
# htmx stops to ask when it is told so by this status.
STOP_POLLING = 286
HEADINGS = ("Object", "Id", "Organization", "Result", "What happened", "Time (UTC)")


@require_safe
@requires(SEES_OBJECTS)
def jobs(request: HttpRequest) -> HttpResponse:
    """List the person's own jobs; to whoever manages jobs, everybody's."""
    actor: trail.Actor = request.actor  # type: ignore[attr-defined]
    may_see_all = request.staff.can(MANAGES)  # type: ignore[attr-defined]
    is_all = may_see_all and request.GET.get("of") == "all"
    rows = work.everybodys() if is_all else work.of_person(actor.id)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    tabs = [{"label": "Yours", "href": request.path}, {"label": "Everybody’s", "href": f"{request.path}?of=all"}]
    context = {
        "title": "Jobs",
        "page": page,
        "tabs": tabs if may_see_all else [],
        "tab": tabs[is_all]["label"],
        "counted": plurals.counted(page.paginator.count, "job"),
    }
    return render(request, "audit/jobs.html", context)


@require_safe
@requires(SEES_OBJECTS)
@vary_on_headers("HX-Request")
def job(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show how far a job is and what came of each thing; for htmx the progress, or with ?part=results the results."""
    found = _find(request, id, act="see")
    context: dict[str, Any] = {
        "job": found,
        "progress": _progress(found),
        "here": reverse("audit:job", args=[found.pk]),
    }
    if request.htmx and request.GET.get("part") != "results":  # type: ignore[attr-defined]
        answer = render(request, "audit/_progress.html", context)
        if not found.is_going:
            answer.status_code = STOP_POLLING
            answer["HX-Trigger"] = "axis:job-ended"
        return answer
    context |= {**_results(request, found), "crumbs": [("Jobs", reverse("audit:jobs"))], "crumb": found.title}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "audit/_results.html", context)
    return render(request, "audit/job.html", context)


@require_POST
@requires(SEES_OBJECTS)
def cancel_job(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stop a job before its next thing."""
    found = _find(request, id, act="stop")
    try:
        work.cancel(job=found, actor=request.actor)  # type: ignore[attr-defined]
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"“{found}” is stopped. What is done stays done.")
    return redirect("audit:job", id)


@require_safe
@requires(SEES_OBJECTS)
def export_job(request: HttpRequest, id: UUID) -> StreamingHttpResponse:
    """Hand out the result for each thing as CSV."""
    found = _find(request, id, act="see")
    items = _in_sight(request, found).iterator(chunk_size=2_000)
    answer = StreamingHttpResponse(sheets.lines(HEADINGS, map(_line, items)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="job-{found.created_at:%Y%m%d-%H%M}.csv"'
    return answer


def _find(request: HttpRequest, id: UUID, *, act: str) -> Job:
    """A job of one's own, or for whoever manages jobs any; otherwise it does not exist."""
    found = Job.objects.filter(pk=id).first()
    actor: trail.Actor = request.actor  # type: ignore[attr-defined]
    if found is not None and found.actor_id == trail.as_named(actor.id):
        if actor.roles:
            return found
        refuse(request, work.target(found), act=f"{act} job")
        raise PermissionDenied
    if found is not None and request.staff.can(MANAGES):  # type: ignore[attr-defined]
        return found
    refuse(request, trail.Target("job", str(id), str(id)), act=f"{act} job")
    raise Http404


def _in_sight(request: HttpRequest, found: Job) -> QuerySet[JobItem]:
    """The things that belong to no organization, or to one that the person sees now."""
    within: frozenset[str] | None = request.staff.organizations  # type: ignore[attr-defined]
    items = found.items.order_by("position")
    return items if within is None else items.filter(organization__in=["", *within])


def _progress(found: Job) -> dict[str, Any]:
    """What ui/_job.html draws."""
    text = f"{found.finished:,} of {found.total:,}"
    note = "You may leave this page: the work goes on." if found.is_going else ""
    return {
        "id": found.pk,
        "title": found.get_state_display(),
        "text": text,
        "pct": found.percent,
        "note": note,
    }


def _results(request: HttpRequest, found: Job) -> dict[str, Any]:
    items = _in_sight(request, found)
    wanted = request.GET.get("outcome", "")
    if wanted in JobItem.Outcome.values:
        items = items.filter(outcome=wanted)
    page = Paginator(items, PER_PAGE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "rows": [
            (item, reading.page(item.target_type, item.target_id), work.next_step(item, job=found)) for item in page
        ],
        "outcomes": JobItem.Outcome.choices,
        "is_filtered": bool(wanted),
        "hidden": found.total - _in_sight(request, found).count(),
        "counted": f"{page.paginator.count:,} of {found.total:,}",
    }


def _line(item: JobItem) -> tuple[str, ...]:
    at = f"{item.finished_at:%Y-%m-%d %H:%M:%S}" if item.finished_at else ""
    return (
        item.target_label, item.target_id, item.organization_label, item.get_outcome_display(), item.sentence, at
    )  # fmt: skip
