"""The dialogs of one billing period: make it final, hold it, release it, let it be closed all the same."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from metering import actions, closing, closing_facts
from metering.closing import State
from metering.models import BillingPeriod
from orgs import access, pages
from orgs.access import requires
from orgs.forms import ReasonForm
from orgs.policy import Permission
from orgs.requests import StaffRequest

TASK = Permission.PERIOD_FINISH
_LATE = "What is missing then comes as late generations of the next period."
# What becomes of each thing that is overridden.
FOLLOWS = {
    "differs": _LATE,
    "behind": _LATE,
    "unpriced": "Usage without a price costs nothing.",
    "currency": "What is in another currency is not on its bill.",
    "undecided": "An adjustment that nobody has decided is not on its bill.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(TASK)
def finish_period(request: StaffRequest, uid: str, label: str) -> HttpResponse:
    """Ask why a period is made final now, and do it; shows what is in the way."""
    period, now = _find(request, uid, label), timezone.now()
    if period.state == State.FINAL:
        return pages.refused(request, _page(period), f"{_called(period)} is final already.")
    found = closing.blockers(closing_facts.of_period(period, at=now), early=True)
    form = pages.asked(ReasonForm, request, TASK, period)
    act = _with(actions.finish_period, period, request, form, now=now)
    if not found and pages.accepted(form, act):
        return pages.done(request, _page(period), f"{_called(period)} is final.")
    more = {"blockers": found, "can_override": bool(closing.overridable(found))}
    return _dialog(request, "metering/finish_period.html", period, form, "Make final", more)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(TASK)
def hold_period(request: StaffRequest, uid: str, label: str) -> HttpResponse:
    """Ask why a period is held, and hold it."""
    period = _find(request, uid, label)
    if period.is_held or period.state in (State.CLOSING, State.FINAL):
        standing = "held" if period.is_held else period.get_state_display().lower()
        return pages.refused(request, _page(period), f"{_called(period)} is {standing} already.")
    form = pages.asked(ReasonForm, request, TASK, period)
    if pages.accepted(form, _with(actions.hold_period, period, request, form, now=timezone.now())):
        return pages.done(request, _page(period), f"{_called(period)} is held until somebody releases it.")
    return _dialog(request, "metering/hold_period.html", period, form, "Hold for dispute")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(TASK)
def release_period(request: StaffRequest, uid: str, label: str) -> HttpResponse:
    """Let a held period go on."""
    period, now = _find(request, uid, label), timezone.now()
    if not period.is_held:
        return pages.refused(request, _page(period), f"{_called(period)} is not held.")
    form = pages.asked(ReasonForm, request, TASK, period)
    if pages.accepted(form, _with(actions.release_period, period, request, form)):
        return pages.done(request, _page(period), f"{_called(period)} is released.")
    more = {"is_over": _is_over(period, now)}
    return _dialog(request, "metering/release_period.html", period, form, "Release", more)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(TASK)
def override_period(request: StaffRequest, uid: str, label: str) -> HttpResponse:
    """Ask why a period is closed although gateway counts differ or usage has no price."""
    period, now = _find(request, uid, label), timezone.now()
    found = closing.overridable(closing.blockers(closing_facts.of_period(period, at=now)))
    if not found or period.state != State.REVIEW:
        return pages.refused(request, _page(period), f"Nothing in the way of {_called(period)} can be overridden.")
    form = pages.asked(ReasonForm, request, TASK, period)
    if pages.accepted(form, _with(actions.override_agreement, period, request, form, now=now)):
        return pages.done(request, _page(period), f"{_called(period)} is closed once its review window is over.")
    follows = " ".join(dict.fromkeys(FOLLOWS[blocker.code] for blocker in found))
    more = {"blockers": found, "follows": follows, "is_over": _is_over(period, now) and not period.is_held}
    return _dialog(request, "metering/override_period.html", period, form, "Override", more)


def _is_over(period: BillingPeriod, now: datetime) -> bool:
    """Whether its review window is over, so that nothing but what is in its way keeps it from being closed."""
    return period.state == State.REVIEW and period.review_until is not None and period.review_until <= now


def _find(request: StaffRequest, uid: str, label: str) -> BillingPeriod:
    rows = BillingPeriod.objects.select_related("organization", "contract").order_by("-span")
    return access.find(request, rows, TASK, label=label, organization__uid=uid)


def _with(
    act: Callable[..., Any], period: BillingPeriod, request: StaffRequest, form: ReasonForm, **more: Any
) -> Callable[[], Any]:
    return lambda: act(period=period, actor=request.actor, **form.why, **more)


def _page(period: BillingPeriod) -> str:
    return reverse("metering:period", args=[period.organization.uid, period.label])


def _called(period: BillingPeriod) -> str:
    return f"{period.called} of {period.organization}"


def _dialog(
    request: StaffRequest,
    template: str,
    period: BillingPeriod,
    form: ReasonForm,
    title: str,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "period": period,
        "called": _called(period),
        **pages.under(period.organization, f"{title}: {period.mentioned}"),
        **(more or {}),
    }
    return pages.dialog(request, template, context, form=form, back=_page(period))
