"""The files of statements and credit notes, sending them once more, and issuing a credit note."""

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit import plurals, trail
from audit.verbs import Verb
from metering import actions, crediting, statement_files
from metering.models import Statement
from metering.views.credit_notes import note_of, page_of
from metering.views.statements import find
from orgs import access, notices, pages
from orgs.access import requires
from orgs.forms import ProvenForm, ReasonForm
from orgs.models import Notice
from orgs.policy import Permission
from orgs.requests import StaffRequest

SEND = Permission.STATEMENT_SEND


@require_safe
@requires(Permission.USAGE_SEE)
def statement_file(request: StaffRequest, uid: str, label: str, extension: str) -> HttpResponse:
    """Hand out the statement of a final period, and record that it left the house."""
    found = find(request, uid, label)
    return _handed_out(request, found.statements.statements().first(), extension)


@require_safe
@requires(Permission.USAGE_SEE)
def credit_note_file(request: StaffRequest, uid: str, label: str, note: str, extension: str) -> HttpResponse:
    """Hand out a credit note to the statement of a period, and record that it left the house."""
    return _handed_out(request, note_of(find(request, uid, label), note), extension)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(SEND)
def send_statement(request: StaffRequest, uid: str, document: str) -> HttpResponse:
    """Ask why a statement or a credit note is sent again, and send it."""
    rows = Statement.objects.select_related("organization__account_manager", "period")
    found = access.find(request, rows, SEND, uid=document, organization__uid=uid)
    form = pages.asked(ReasonForm, request, SEND, found)
    act = lambda: actions.send_statement(statement=found, actor=request.actor, **form.why)  # noqa: E731
    back = page_of(found)
    if pages.accepted(form, act):
        count = len(form.result)
        return pages.done(request, back, f"{found} is sent to {plurals.counted(count, 'address', 'addresses')}.")
    context = {
        "document": found,
        "recipients": notices.recipients_of(Notice.Kind.STATEMENT_ISSUED),
        **pages.under(found.organization, f"Send {found}"),
    }
    return pages.dialog(request, "metering/send_statement.html", context, form=form, back=back)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(SEND)
def issue_credit_note(request: StaffRequest, uid: str, label: str, adjustment: str) -> HttpResponse:
    """Show what the credit note of an adjustment says, and issue it."""
    found = find(request, uid, label, SEND)
    credit = next((one for one in crediting.without_note(found) if one.number == adjustment), None)
    back = reverse("metering:period", args=[uid, label])
    if credit is None:
        return pages.refused(request, back, f"{found.called} has no credit {adjustment[:40]} without a credit note.")
    form = pages.asked(ProvenForm, request, SEND, found)
    act = lambda: actions.issue_credit_note(adjustment=credit, actor=request.actor, now=timezone.now())  # noqa: E731
    if pages.accepted(form, act):
        return pages.done(request, page_of(form.result), f"Credit note {form.result} is issued.")
    context = {
        "credit": credit,
        "statement": found.statements.statements().first(),
        "period": found,
        **pages.under(found.organization, f"Credit note for {credit}"),
    }
    return pages.dialog(request, "metering/issue_credit_note.html", context, form=form, back=back)


def _handed_out(request: StaffRequest, statement: Statement | None, extension: str) -> HttpResponse:
    if statement is None or extension not in statement_files.FORMATS:
        raise Http404
    file = statement_files.made(statement, extension)
    with transaction.atomic():
        trail.record(
            Verb.STATEMENT_DOWNLOADED,
            actor=request.actor,
            target=statement.target,
            organization=statement.organization.target,
            detail={"format": extension, "sha256": statement.sha256},
        )
    answer = HttpResponse(file.content, content_type=file.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer["Cache-Control"] = "no-store"
    return answer
