"""The statements of a month over all organizations: what they come to, and as a file for the books."""

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import trail
from audit.verbs import Verb
from metering import finance as books
from metering import period_names, statement_files
from metering.models import BillingPeriod, Statement
from metering.models.periods import BillingPeriodQuerySet
from metering.models.statements import StatementQuerySet
from orgs import pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

FORMATS = ("csv", "xlsx")


@require_safe
@requires(Permission.FINANCE_EXPORT)
def finance(request: StaffRequest) -> HttpResponseBase:
    """Show what the statements of a month come to; with `format`, hand out its lines."""
    periods = BillingPeriod.objects.for_user(request.user, Permission.FINANCE_EXPORT)
    offered = books.months(timezone.now(), first=_first(periods))
    asked = request.GET.get("month", "")
    month = asked if books.MONTH.fullmatch(asked) else _latest() or offered[0]
    rows = books.of_month(Statement.objects.for_user(request.user, Permission.FINANCE_EXPORT), month)
    if (extension := request.GET.get("format", "")) in FORMATS:
        return _handed_out(request, rows, month, extension)
    context = {
        "month": month,
        "called": period_names.named(month),
        "months": [(each, period_names.named(each)) for each in dict.fromkeys([*offered, month])],
        "totals": books.totals(rows),
        "statements": rows.statements().count(),
        "notes": rows.filter(kind=Statement.Kind.CREDIT_NOTE).count(),
        "unfinished": books.unfinished(periods, month),
        **pages.place("Finance export", ("Billing periods", reverse("metering:board"))),
    }
    return render(request, "metering/finance.html", context)


def _first(periods: BillingPeriodQuerySet) -> str:
    """The month of the oldest billing period."""
    return periods.order_by("span").values_list("label", flat=True).first() or ""


def _latest() -> str:
    """The month of the last statement: what finance comes for."""
    last = Statement.objects.statements().order_by("-issued_at").values_list("period__label", flat=True).first()
    return last[:7] if last else ""


def _handed_out(request: StaffRequest, rows: StatementQuerySet, month: str, extension: str) -> HttpResponseBase:
    _record(request, rows, month, extension)
    name = f"axis-statements-{month}.{extension}"
    if extension == "csv":
        answer: HttpResponseBase = StreamingHttpResponse(books.as_csv(rows), content_type="text/csv; charset=utf-8")
    else:
        answer = HttpResponse(books.as_xlsx(rows, month), content_type=statement_files.XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@transaction.atomic
def _record(request: StaffRequest, rows: StatementQuerySet, month: str, extension: str) -> None:
    lines = rows.values_list("lines").exclude(lines=None).count()
    detail: dict[str, str | int] = {"month": month, "format": extension, "rows": lines, "statements": rows.count()}
    target = trail.Target("finance", month, f"statements of {period_names.named(month)}")
    trail.record(Verb.FINANCE_EXPORTED, actor=request.actor, target=target, detail=detail)
