"""A billing period with its statement: the page, the list of an organization's, the files, and what is sent."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import plurals
from metering import (
    close_board,
    closing,
    closing_facts,
    courses,
    crediting,
    period_feed,
    period_page,
    reconciling,
    statement_files,
    statement_mail,
)
from metering.explorer.query import generations_url
from metering.models import BillingPeriod, Statement
from metering.papers.reading import PaperLine
from metering.period_page import Shown
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 26


@require_safe
@requires(Permission.USAGE_SEE)
def period(request: StaffRequest, uid: str, label: str) -> HttpResponse:
    """Show a billing period: how far it is, whether its numbers agree, and its paper."""
    found, now = find(request, uid, label), timezone.now()
    shown = period_page.of(found)
    last = period_page.before(found)
    facts = closing_facts.of_period(found, at=now)
    context = {
        "period": found,
        "organization": found.organization,
        "shown": shown,
        "paper": shown.paper,
        "statement": shown.statement,
        "lines": [(line, _opened(line)) for line in shown.paper.lines],
        "course": courses.of(found, now=now),
        "strip": reconciling.strip(found, shown.paper),
        "blockers": closing.blockers(facts),
        "can_override": bool(closing.overridable(closing.blockers(facts))),
        "last": last,
        "last_name": last.mentioned if last else "",
        "comparison": period_page.comparison(shown, period_page.of(last) if last else None),
        "feed": period_feed.of(found, shown.paper),
        **_documents(shown),
        **_may(request, shown),
        **pages.place(
            shown.paper.period_named,
            ("Billing periods", reverse("metering:board")),
            (found.organization.name, reverse("metering:org_periods", args=[uid])),
        ),
    }
    return render(request, "metering/period.html", context)


@require_safe
@requires(Permission.USAGE_SEE)
def period_checks(request: StaffRequest, uid: str, label: str) -> HttpResponse:
    """Count the ledger for the strip of checks, however long it is."""
    found = find(request, uid, label)
    shown = period_page.of(found)
    context = {
        "period": found,
        "strip": reconciling.strip(found, shown.paper, count_ledger=True),
        **pages.under(found.organization, f"Checks of {found.mentioned}"),
    }
    template = "metering/_period_checks.html" if pages.is_fragment(request) else "metering/period_checks.html"
    return render(request, template, context)


@require_safe
@requires(Permission.USAGE_SEE)
def org_periods(request: StaffRequest, uid: str) -> HttpResponse:
    """List the billing periods of an organization with their statements and credit notes, the newest first."""
    organization = access.find_organization(request, uid, Permission.USAGE_SEE)
    now = timezone.now()
    theirs = BillingPeriod.objects.filter(organization=organization).order_by("-span")
    page = Paginator(close_board.with_figures(theirs), PER_PAGE).get_page(request.GET.get("page"))
    drawn = close_board.drawn(page, at=now)
    documents: dict[int | None, list[Statement]] = {}
    issued = Statement.objects.filter(period__in=[row.period for row in drawn]).order_by("sequence")
    for one in issued.defer("document"):
        documents.setdefault(one.period_id, []).append(one)
    context = {
        "organization": organization,
        "tab": "Periods",
        "rows": [(row, documents.get(row.period.pk, [])) for row in drawn],
        "page": page,
        "counted": plurals.counted(page.paginator.count, "billing period"),
    }
    return render(request, "metering/org_periods.html", context)


def find(request: StaffRequest, uid: str, label: str, permission: Permission = Permission.USAGE_SEE) -> BillingPeriod:
    """Return the period; Http404 and PermissionDenied as `access.find` raises them."""
    rows = BillingPeriod.objects.select_related("organization", "organization__account_manager", "contract")
    return access.find(request, rows, permission, label=label, organization__uid=uid)


def _opened(line: PaperLine) -> str:
    """The address of exactly the generations of a line; "" where it has none."""
    return generations_url(line.opens) if line.opens else ""


def _documents(shown: Shown) -> dict[str, Any]:
    """What was issued for a period, and to whom it went."""
    if shown.statement is None:
        return {"notes": [], "credits": [], "sent": []}
    notes = list(shown.statement.credit_notes.order_by("sequence"))
    sent = [mail for document in (shown.statement, *notes) for mail in statement_mail.sent(document)]
    return {
        "formats": statement_files.FORMATS,
        "notes": notes,
        "credits": crediting.without_note(shown.period),
        "sent": sorted(sent, key=lambda mail: -mail.pk),
    }


def _may(request: StaffRequest, shown: Shown) -> dict[str, bool]:
    """What the person can do here now."""
    finishes = request.staff.can(Permission.PERIOD_FINISH, shown.period)
    is_open = shown.period.state in (BillingPeriod.State.OPEN, BillingPeriod.State.REVIEW)
    return {
        "may_hold": finishes and is_open and not shown.period.is_held,
        "may_release": finishes and shown.period.is_held and is_open,
        "may_finish": finishes and shown.statement is None and shown.period.span.upper <= timezone.now(),
        "may_override": finishes and shown.period.state == BillingPeriod.State.REVIEW,
        "may_send": shown.statement is not None and request.staff.can(Permission.STATEMENT_SEND, shown.period),
    }
