"""The close board, and work on many billing periods: choose, look at what would become of each, let a job do it."""

import hashlib
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit import jobs, plurals, tasks
from metering import close_board, closing_bulk
from metering.board_filters import STATES, BoardFilter
from metering.closing_bulk import ACTS, Act, Review
from metering.models import BillingPeriod
from orgs import access, pages
from orgs.access import requires
from orgs.forms import ReasonForm
from orgs.models import Staff
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 50
# Of each kind as many stand on the review; the job has a result for each.
SHOWN = 100


@require_safe
@requires(Permission.USAGE_SEE)
def board(request: StaffRequest) -> HttpResponse:
    """List the billing period of each organization in scope that is to be closed, and what is in its way."""
    if cut := pages.without_keys(request):
        return cut
    now = timezone.now()
    found = BoardFilter(request.GET, user=request.user, at=now)
    rows = found.rows()
    listed = close_board.ordered(close_board.with_figures(rows), request.GET.get("order", ""), at=now)
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    drawn = close_board.drawn(page, at=now)
    context = {
        "rows": drawn,
        # The oldest of what is shown.
        "as_of": min((row.check.checked_at for row in drawn if row.is_draft and row.check), default=None),
        "page": page,
        "counted": plurals.counted(count, "billing period"),
        "count": count,
        "totals": close_board.totals(rows),
        "filter": found,
        "states": STATES,
        "months": found.months,
        "managers": _managers(request),
        "is_filtered": bool(found.pairs),
        "may_finish": request.staff.can(Permission.PERIOD_FINISH),
        "may_export": request.staff.can(Permission.FINANCE_EXPORT),
        "acts": list(ACTS.values()),
        "title": "Billing periods",
    }
    return render(request, "metering/board.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.PERIOD_FINISH)
def finish_periods(request: StaffRequest, act: str) -> HttpResponse:
    """Ask why something is done to the periods that are named, show what would become of each, start the job."""
    chosen = ACTS.get(act)
    if chosen is None:
        raise Http404
    if not request.staff.can(Permission.PERIOD_FINISH):
        access.refuse(request, Permission.PERIOD_FINISH)
        raise PermissionDenied
    now = timezone.now()
    found = BoardFilter(request.GET, user=request.user, at=now)
    periods = _selected(request, found)
    back = _back(found)
    if not 0 < len(periods) <= jobs.MOST:
        said = "Tick the billing periods that you mean, or “All that match”." if not periods else _TOO_MANY
        return pages.refused(request, back, said)
    review = closing_bulk.review(chosen, periods, person=request.user, at=now)
    form = ReasonForm(pages.posted(request), request=request, permission=Permission.PERIOD_FINISH)
    if review.changing and pages.accepted(form, lambda: _start(request, chosen, form, review)):
        tasks.enqueue(form.result)
        return pages.done(request, reverse("audit:job", args=[form.result.pk]), "The job has begun.")
    context = {
        "act": chosen,
        "form": form,
        "changing": review.changing[:SHOWN],
        "totals": review.totals,
        "staying": review.staying[:SHOWN],
        "changes": len(review.changing),
        "stays": len(review.staying),
        "run": _title(chosen, len(review.changing)),
        "back": back,
        **pages.place(f"{chosen.title}: many periods", ("Billing periods", reverse("metering:board"))),
    }
    return render(request, "metering/finish_periods.html", context, status=422 if form.errors else 200)


_TOO_MANY = f"At most {jobs.MOST:,} billing periods in one job. Narrow the filter."


def _selected(request: StaffRequest, found: BoardFilter) -> list[BillingPeriod]:
    """The periods that were ticked, or all that match the filter; what is out of scope is none of them."""
    rows = found.rows()
    if not request.GET.get("all"):
        ticked = {path for path in request.GET.getlist("period") if not access.is_unfit(path)}
        uids, labels = {path.partition("/")[0] for path in ticked}, {path.partition("/")[2] for path in ticked}
        mine = BillingPeriod.objects.for_user(request.user, Permission.USAGE_SEE)
        rows = mine.filter(organization__uid__in=uids, label__in=labels)
        listed = rows.select_related("organization", "contract").order_by("organization_id", "span")
        return [period for period in listed if period.target.id in ticked]
    return list(rows.select_related("organization", "contract").order_by("organization_id", "span")[: jobs.MOST + 1])


def _start(request: StaffRequest, act: Act, form: ReasonForm, review: Review) -> object:
    pieces = closing_bulk.pieces(period for period, _ in review.changing)
    asked = "\n".join([act.name, *sorted(piece.target.id for piece in pieces), *form.why.values()])
    return jobs.start(
        kind=act.kind,
        actor=request.actor,
        title=_title(act, len(pieces)),
        items=pieces,
        arguments=form.why,
        **form.why,
        once=hashlib.sha256(asked.encode()).hexdigest(),
    )


def _title(act: Act, count: int) -> str:
    return f"{act.done} {plurals.counted(count, 'billing period')}"


def _back(found: BoardFilter) -> str:
    board_url = reverse("metering:board")
    return f"{board_url}?{found.query}" if found.query else board_url


def _managers(request: StaffRequest) -> list[tuple[str, str]]:
    mine = BillingPeriod.objects.for_user(request.user, Permission.USAGE_SEE)
    people: Any = Staff.objects.filter(organizations__in=mine.values("organization")).distinct()
    return [(person.uid, str(person)) for person in people]
