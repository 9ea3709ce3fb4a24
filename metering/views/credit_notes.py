"""A credit note on a page of its own: like the statement that it corrects, with what became of it."""

import json
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from metering import note_checks, papers, period_names, statement_files, statement_mail
from metering.models import Adjustment, BillingPeriod, Statement
from metering.papers.reading import Paper
from metering.views.statements import find
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.USAGE_SEE)
def credit_note(request: StaffRequest, uid: str, label: str, note: str) -> HttpResponse:
    """Show a credit note: its paper, what it corrects, whether it is as it was issued, and to whom it went."""
    period = find(request, uid, label)
    found = note_of(period, note)
    paper = papers.read(json.loads(found.document))
    context = {
        "note": found,
        "organization": period.organization,
        "period": period,
        "corrected": found.refers_to,
        "paper": paper,
        "lines": [(line, "") for line in paper.lines],
        "checks": note_checks.strip(found, paper),
        "approval": _approval(period, found, paper),
        "formats": statement_files.FORMATS,
        "sent": statement_mail.sent(found),
        "may_send": request.staff.can(Permission.STATEMENT_SEND, period),
        **pages.place(
            found.number,
            ("Billing periods", reverse("metering:board")),
            (period.organization.name, reverse("metering:org_periods", args=[uid])),
            (paper.period_named, reverse("metering:period", args=[uid, label])),
        ),
    }
    return render(request, "metering/credit_note.html", context)


def note_of(period: BillingPeriod, uid: str) -> Statement:
    """Return a credit note to the statement of a period; Http404 where it is none of it."""
    notes = period.statements.filter(kind=Statement.Kind.CREDIT_NOTE).select_related("organization", "refers_to")
    found = None if access.is_unfit(uid) else notes.filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


def page_of(document: Statement) -> str:
    """The address of a document's page: of a statement that of its period."""
    uid = document.organization.uid
    if document.period is None:
        return reverse("metering:org_periods", args=[uid])
    if document.kind == Statement.Kind.CREDIT_NOTE:
        return reverse("metering:credit_note", args=[uid, document.period.label, document.uid])
    return reverse("metering:period", args=[uid, document.period.label])


def _approval(period: BillingPeriod, note: Statement, paper: Paper) -> dict[str, Any]:
    """Who asked for it and who approved it, the adjustment, and the period in whose statement the credit is a line."""
    said = paper.document["approval"]
    made = Adjustment.objects.filter(number=note.adjustment, organization=period.organization_id)
    settled = period.organization.billing_periods.filter(label=said["counted_in"]).first()
    return {
        **said,
        "request": made.select_related("request").first(),
        "settled": settled,
        "settled_named": period_names.named(said["counted_in"]) if said["counted_in"] else "",
    }
