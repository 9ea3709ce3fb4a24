"""Adjustments: what was asked for, by whom, and what became of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from metering import actions, adjustment_forms, adjustment_rules, adjustment_size
from metering.models import AdjustmentRequest, Generation, Statement
from metering.models.adjustments import AdjustmentRequestQuerySet
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 50
# The button that fills in what depends on the organization; nothing is judged then.
CHOOSING = "choose"
STATES = [*AdjustmentRequest.State.choices, ("all", "All")]


@require_safe
@requires(Permission.USAGE_SEE)
def adjustments(request: StaffRequest) -> HttpResponse:
    """List what was asked for, what waits first of all."""
    rows = _rows().for_user(request.user, Permission.USAGE_SEE)
    page = Paginator(_filtered(rows, request), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Adjustments",
        "page": page,
        "rows": [(one, one.amount_said) for one in page.object_list],
        "counted": f"{len(page.object_list)} of {page.paginator.count:,} requests",
        "states": STATES,
        "kinds": AdjustmentRequest.Kind.choices,
        "is_filtered": any(request.GET.get(name) for name in ("q", "state", "kind")),
        "may_ask": request.staff.can(Permission.ADJUSTMENT_ASK),
    }
    return render(request, "metering/adjustments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ADJUSTMENT_ASK)
def ask_adjustment(request: StaffRequest) -> HttpResponse:
    """Ask for a credit, a charge or a correction; the organization that is chosen brings its periods with it."""
    is_choosing = request.POST.get("act") == CHOOSING
    typed = request.POST if is_choosing else request.GET
    asked = {name: value.replace("\x00", "") for name, value in typed.dict().items()}
    form = adjustment_forms.AskForm(None if is_choosing else pages.posted(request), request=request, initial=asked)
    if pages.accepted(form, lambda: actions.ask_for_money(asker=request.user, actor=request.actor, **form.wanted)):
        said = f"Asked. Somebody else has to approve it before it stands on the bill of {form.result.organization}."
        return pages.done(
            request, _page(form.result), " ".join(filter(None, [said, adjustment_size.doubt(form.result)]))
        )
    return pages.dialog(request, "metering/ask_adjustment.html", _under("Ask for an adjustment"), form=form)


@require_safe
@requires(Permission.USAGE_SEE)
def adjustment(request: StaffRequest, uid: str) -> HttpResponse:
    """Show a request: what it would change, who asked and who decided."""
    found = access.find(request, _rows(), Permission.USAGE_SEE, uid=uid)
    is_own = found.requested_by_id == request.user.pk
    decides = found.is_waiting and request.staff.can(Permission.ADJUSTMENT_DECIDE, found)
    context = {
        "asked": found,
        "made": getattr(found, "adjustment", None),
        "note": _note(found),
        "amount": found.amount_said,
        "doubt": adjustment_size.doubt(found),
        "generation": _generation(found),
        "may_decide": decides and not is_own,
        "needs_other": decides and is_own,
        "may_withdraw": found.is_waiting and is_own,
        **_under(str(found)),
    }
    return render(request, "metering/adjustment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ADJUSTMENT_DECIDE)
def approve_adjustment(request: StaffRequest, uid: str) -> HttpResponse:
    """Let the bill be changed."""
    found = access.find(request, _rows(), Permission.ADJUSTMENT_DECIDE, uid=uid)
    form = pages.asked(adjustment_forms.ApproveForm, request, Permission.ADJUSTMENT_DECIDE, found)
    return _step(
        request, found, form, _decided(request, found, form, actions.approve_adjustment), "approve", "Approved"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ADJUSTMENT_DECIDE)
def decline_adjustment(request: StaffRequest, uid: str) -> HttpResponse:
    """Leave the bill as it is."""
    found = access.find(request, _rows(), Permission.ADJUSTMENT_DECIDE, uid=uid)
    form = pages.asked(adjustment_forms.DeclineForm, request, Permission.ADJUSTMENT_DECIDE, found)
    return _step(
        request, found, form, _decided(request, found, form, actions.decline_adjustment), "decline", "Declined"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ADJUSTMENT_ASK)
def withdraw_adjustment(request: StaffRequest, uid: str) -> HttpResponse:
    """Take back what one has asked for."""
    found = access.find(request, _rows(), Permission.ADJUSTMENT_ASK, uid=uid)
    form = pages.asked(adjustment_forms.ApproveForm, request, Permission.ADJUSTMENT_ASK, found)

    def act() -> Any:
        reason, now = form.cleaned_data["reason"], timezone.now()
        asker, actor = request.user, request.actor
        return actions.withdraw_adjustment(request=found, asker=asker, actor=actor, now=now, reason=reason)

    return _step(request, found, form, act, "withdraw", "Withdrawn")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ADJUSTMENT_ASK)
def void_generation(request: StaffRequest, generation_id: UUID) -> HttpResponse:
    """Ask that one generation is not billed."""
    rows = Generation.objects.select_related("organization", "key", "period")
    found = access.find(request, rows, Permission.ADJUSTMENT_ASK, generation_id=generation_id)
    back = reverse("metering:generation", args=[found.pk])
    if request.method != "POST" and (problem := adjustment_rules.voiding_problem(found)):
        return pages.refused(request, back, f"{problem} Nothing was changed.")
    form = pages.asked(adjustment_forms.VoidForm, request, Permission.ADJUSTMENT_ASK, found)
    if pages.accepted(
        form,
        lambda: actions.ask_to_void(generation=found, asker=request.user, actor=request.actor, **form.why),
    ):
        return pages.done(request, _page(form.result), "Asked. It is billed until somebody else approves this.")
    place = pages.place("Void generation", ("Usage", reverse("metering:index")), ("Generation", back))
    return pages.dialog(request, "metering/void_generation.html", {"generation": found, **place}, form=form)


def _note(found: AdjustmentRequest) -> Statement | None:
    """The credit note that documents it, where one was issued."""
    made = getattr(found, "adjustment", None)
    rows = Statement.objects.filter(organization=found.organization_id, kind=Statement.Kind.CREDIT_NOTE)
    return rows.select_related("period").filter(adjustment=made.number).first() if made else None


def _decided(request: StaffRequest, found: AdjustmentRequest, form: Any, act: Callable[..., Any]) -> Callable[[], Any]:
    def decide() -> Any:
        reason, now = form.cleaned_data["reason"], timezone.now()
        return act(request=found, decider=request.user, actor=request.actor, now=now, reason=reason)

    return decide


def _step(
    request: StaffRequest, found: AdjustmentRequest, form: Any, act: Callable[[], Any], step: str, said: str
) -> HttpResponse:
    if request.method != "POST" and not found.is_waiting:
        done = found.get_state_display().lower()
        return pages.refused(request, _page(found), f"It is {done} already. Nothing was changed.")
    if request.method != "POST" and step != "withdraw" and found.requested_by_id == request.user.pk:
        return pages.refused(request, _page(found), "You asked for this: somebody else has to decide about it.")
    if pages.accepted(form, act):
        return pages.done(request, _page(found), f"{said}: {found}.")
    place = pages.place(said, ("Adjustments", reverse("metering:adjustments")), (str(found), _page(found)))
    shown = {"asked": found, "amount": found.amount_said, "doubt": adjustment_size.doubt(found)}
    context = {**shown, "generation": _generation(found), **place}
    return pages.dialog(request, f"metering/{step}_adjustment.html", context, form=form)


def _filtered(rows: AdjustmentRequestQuerySet, request: StaffRequest) -> AdjustmentRequestQuerySet:
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("q", "state", "kind")}
    state = asked["state"] or AdjustmentRequest.State.PROPOSED
    if state != "all":
        rows = rows.filter(state=state)
    if asked["kind"]:
        rows = rows.filter(kind=asked["kind"])
    if words := asked["q"]:
        theirs = Q(organization__in=Organization.objects.matching(words))
        rows = rows.filter(theirs | Q(ticket__iexact=words) | Q(adjustment__number__iexact=words) | Q(uid=words))
    return rows


def _rows() -> AdjustmentRequestQuerySet:
    return AdjustmentRequest.objects.select_related(
        "organization", "period", "original_period", "requested_by", "decided_by", "adjustment"
    )


def _generation(asked: AdjustmentRequest) -> Generation | None:
    if asked.generation_id is None:
        return None
    return Generation.objects.select_related("period", "key").filter(pk=asked.generation_id).first()


def _page(asked: AdjustmentRequest) -> str:
    return reverse("metering:adjustment", args=[asked.uid])


def _under(title: str) -> dict[str, Any]:
    return pages.place(title, ("Adjustments", reverse("metering:adjustments")))
