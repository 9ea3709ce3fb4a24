"""Plans: what each contains, who is on which version, and another version of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from keys import actions, plan_warnings
from keys.actions import limit_plans
from keys.limits import limit_changes, plan_moves
from keys.limits.plan_moves import Move
from keys.models import LimitRule, Pilot
from keys.plan_forms import PublishForm
from keys.plan_warnings import Short
from orgs import access, pages, policy
from orgs import plans as known
from orgs.access import requires
from orgs.models import Organization, Plan, PlanVersion
from orgs.policy import Permission
from orgs.requests import StaffRequest

# A review names so many organizations; the others are counted.
SHOWN = 20


@require_safe
@requires(Permission.ORGANIZATION_SEE)
def plans(request: StaffRequest) -> HttpResponse:
    """Show every plan with its versions, the newest first."""
    scope = policy.scope(request.user, Permission.ORGANIZATION_SEE).as_q("organizations__")
    on_it = Count("organizations", filter=scope & ~Q(organizations__status=Organization.Status.CLOSED))
    versions = PlanVersion.objects.select_related("plan").prefetch_related("limits").annotate(on_it=on_it)
    shown: dict[Plan, list[Any]] = {}
    for version in versions.order_by("plan_id", "-number"):
        shown.setdefault(version.plan, []).append(
            (version, [_said(rule) for rule in _in_order(version)], _promised(version))
        )
    context = {"plans": shown.items(), "may_publish": request.staff.can(Permission.PLAN_PUBLISH), "title": "Plans"}
    return render(request, "keys/plans.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.PLAN_PUBLISH)
def publish_plan(request: StaffRequest, code: str) -> HttpResponse:
    """Review another version of a plan, with who moves to it, and publish it as it was shown."""
    plan = access.find(request, Plan, Permission.PLAN_PUBLISH, code=code)
    form = pages.asked(PublishForm, request, Permission.PLAN_PUBLISH, plan, version=known.latest(code))
    review = None
    if form.is_bound and form.is_valid():
        if form.is_reviewed and pages.accepted(form, lambda: _publish(request, plan, form)):
            return pages.done(request, reverse("keys:plans"), f"{form.result} is published.")
        review = _review(plan, form)
    context = {
        "plan": plan,
        "number": form.version.number + 1,
        "review": review,
        "is_stale": review is not None and form.was_reviewed,
        **pages.place("Publish version", ("Plans", reverse("keys:plans"))),
    }
    return pages.dialog(request, "keys/publish_plan.html", context, form=form)


@dataclass(frozen=True)
class _Review:
    """What changes for whom: organization and limit, before, after; `further` are as many more whom it concerns.

    `short` of those who move; `beside`: pilots that stay with an older version.
    """

    moves: bool
    rows: Sequence[tuple[str, str, str, str]]
    further: int
    unchanged: int
    short: Sequence[Short]
    beside: Sequence[Pilot]

    @property
    def nobody(self) -> bool:
        return not self.rows and not self.unchanged


def _review(plan: Plan, form: PublishForm) -> _Review | None:
    now = timezone.now()
    if form.errors or not pages.accepted(form, lambda: limit_plans.drafted(plan, form.terms, form.changes, now=now)):
        return None
    version, _ = form.result
    limits = {change.slot: change for change in form.changes}
    found = plan_moves.moves(plan, limits=limits, api_versions=version.api_versions, at=now)
    changed = [move for move in found if move.changes_something]
    form.see_review()
    return _Review(
        form.moves,
        rows=[row for move in changed[:SHOWN] for row in _rows(move)],
        further=max(0, len(changed) - SHOWN),
        unchanged=len(found) - len(changed),
        short=plan_warnings.below_reserved(changed, at=now) if form.moves else [],
        beside=plan_warnings.pilots_beside(plan),
    )


def _publish(request: StaffRequest, plan: Plan, form: PublishForm) -> PlanVersion:
    return actions.publish_plan_version(
        plan=plan,
        terms=form.terms,
        limits=form.changes,
        actor=request.actor,
        move=form.moves,
        seen=form.cleaned_data["seen"],
        **form.why,
    )


def _rows(move: Move) -> list[tuple[str, str, str, str]]:
    name = move.organization.name
    return [(f"{name}: {each.slot.words}", each.said_before, each.said_after, "") for each in move.differences]


def _in_order(version: PlanVersion) -> list[LimitRule]:
    return sorted(version.limits.all(), key=lambda rule: rule.about.order)


def _said(rule: LimitRule) -> tuple[str, str]:
    return rule.about.label, limit_changes.said(rule.about, rule)


def _promised(version: PlanVersion) -> list[tuple[str, str]]:
    return [(each, str(version.objective(each))) for each in version.api_versions]
