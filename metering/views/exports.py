"""Files of usage: ask for one, see how far it is, have it, stop or remove it."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from audit import plurals, trail
from metering import actions, export_forms
from metering.explorer import Filter
from metering.exporting import chunks as files
from metering.exporting import naming, queue, ranges, scopes, writers
from metering.models import Export
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 50
PARTIAL, UNSATISFIABLE = 206, 416


@require_safe
@requires(Permission.USAGE_SEE)
@vary_on_headers("HX-Request")
def exports(request: StaffRequest) -> HttpResponse:
    """List the person's own exports; for htmx how far those are that are being made, or with ?part=list the list."""
    mine = Export.objects.of(request.user).select_related("organization")
    going = list(mine.going())
    page = Paginator(mine.exclude(pk__in=[one.pk for one in going]), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Exports",
        "going": [(one, naming.progress(one)) for one in going],
        "page": page,
        "counted": plurals.counted(page.paginator.count, "export"),
    }
    if not pages.is_fragment(request):
        return render(request, "metering/exports.html", context)
    if request.GET.get("part") == "list":
        return render(request, "metering/_exports.html", context)
    answer = render(request, "metering/_exports_going.html", context)
    # One more has ended: the list below is asked for as well.
    if request.GET.get("going") != str(len(going)):
        answer["HX-Trigger"] = "axis:job-ended"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.USAGE_SEE)
def start_export(request: StaffRequest, uid: str = "") -> HttpResponse:
    """Ask for a file of what the address filters, of all organizations in scope or of one."""
    organization = access.find(request, Organization, Permission.USAGE_SEE, uid=uid) if uid else None
    asked = Filter.from_query(request.GET, request.user, organization)
    form = export_forms.StartExportForm(pages.posted(request))
    if pages.accepted(form, lambda: _start(request, form, asked)):
        message = f"“{form.result}” is being made."
        return pages.done(request, reverse("metering:exports"), message)
    above = reverse("metering:for_org", args=[uid]) if organization else reverse("metering:index")
    back = f"{above}?{asked.query_string}"
    place = pages.under(organization, "Export usage") if organization else _under_usage("Export usage")
    context = {**place, "about": naming.about(asked), "notes": asked.notes}
    return pages.dialog(request, "metering/start_export.html", context, form=form, back=back)


@require_safe
@requires(Permission.USAGE_SEE)
def export_file(request: StaffRequest, uid: str) -> HttpResponse | StreamingHttpResponse:
    """Hand out the file of an export, or the rest of one that was cut off, and record that it left the house."""
    export = _find(request, uid)
    if export.state != Export.State.DONE:
        raise Http404
    if not scopes.still_holds(export):
        access.refuse(request, Permission.USAGE_SEE, target=export.target, organization=export.organization)
        raise PermissionDenied(scopes.LOST)
    try:
        part = ranges.read(request.headers.get("Range", ""), export.bytes) if _is_same(request, export) else None
    except ranges.Unsatisfiable:
        return HttpResponse(status=UNSATISFIABLE, headers={"Content-Range": f"bytes */{export.bytes}"})
    if request.method != "HEAD":
        actions.record_download(export=export, actor=request.actor)
    return _streamed(export, part)


@require_POST
@requires(Permission.USAGE_SEE)
def cancel_export(request: StaffRequest, uid: str) -> HttpResponse:
    """Stop the making of a file."""
    export, back = _find(request, uid), reverse("metering:exports")
    try:
        actions.cancel_export(export=export, actor=request.actor)
    except ValidationError as error:
        return pages.refused(request, back, " ".join(error.messages))
    return pages.done(request, back, f"“{export}” is stopped. Nothing of it is kept.")


@require_POST
@requires(Permission.USAGE_SEE)
def remove_export(request: StaffRequest, uid: str) -> HttpResponse:
    """Remove a file before its time."""
    export, back = _find(request, uid), reverse("metering:exports")
    try:
        actions.remove_export(export=export, actor=request.actor)
    except ValidationError as error:
        return pages.refused(request, back, " ".join(error.messages))
    return pages.done(request, back, f"“{export}” is removed.")


def _start(request: StaffRequest, form: export_forms.StartExportForm, asked: Filter) -> Export:
    what = form.cleaned_data["what"]
    export = actions.start_export(
        owner=request.user,
        actor=request.actor,
        title=naming.title(asked, what),
        what=what,
        format=form.cleaned_data["format"],
        query=asked.pinned_query_string,
        organization=asked.organization,
    )
    queue.enqueue(export)
    return export


def _find(request: StaffRequest, uid: str) -> Export:
    """An export of one's own; anybody else's does not exist."""
    mine = Export.objects.of(request.user).select_related("owner", "organization")
    export = None if access.is_unfit(uid) else mine.filter(uid=uid).first()
    if export is None:
        access.refuse(request, Permission.USAGE_SEE, target=trail.Target("export", uid, uid))
        raise Http404
    return export


def _is_same(request: StaffRequest, export: Export) -> bool:
    """Whether what the browser has of the file is of this one; without a word about it, it is taken for so."""
    return request.headers.get("If-Range", naming.etag(export)) == naming.etag(export)


def _streamed(export: Export, part: tuple[int, int] | None) -> StreamingHttpResponse:
    first, last = part or (0, export.bytes - 1)
    answer = StreamingHttpResponse(files.read(export, first, last), content_type=writers.MEDIA[export.format])
    if part:
        answer.status_code = PARTIAL
        answer["Content-Range"] = f"bytes {first}-{last}/{export.bytes}"
    answer["Content-Length"] = str(last + 1 - first)
    answer["Content-Disposition"] = f'attachment; filename="{naming.file_name(export)}"'
    answer["Accept-Ranges"], answer["ETag"], answer["Cache-Control"] = "bytes", naming.etag(export), "no-store"
    return answer


def _under_usage(title: str) -> dict[str, Any]:
    return pages.place(title, ("Usage", reverse("metering:index")))
