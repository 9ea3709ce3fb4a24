"""The generations behind a number, and one of them with everything that is known of it."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import wording
from keys.models import Refusal
from metering.explorer import Filter, behind, generations_url
from metering.explorer.bar import Bar
from metering.models import Adjustment, AdjustmentRequest, Generation, RejectedGeneration, Statement
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

MOST_BESIDE = 10


@require_safe
@requires(Permission.USAGE_SEE)
def generations(request: StaffRequest) -> HttpResponse:
    """List exactly the generations that the filter counts."""
    if cut := pages.without_keys(request):
        return cut
    asked = Filter.from_query(request.GET, request.user)
    words = wording.neutral(request.GET.get("q", "").strip(), behind.LONGEST_WORDS)
    listed = behind.page(asked, words, before=_id(request, "before"), after=_id(request, "after"))
    count = behind.count(asked)
    context = {
        "asked": asked,
        "bar": Bar(asked),
        "words": words,
        "listed": listed,
        "count": count,
        "shown": count.listed if listed.found is None else listed.found,
        "explorer": f"{reverse('metering:index')}?{asked.query_string}",
        "export_url": f"{reverse('metering:start_export')}?{asked.pinned_query_string}",
        **pages.place("Generations", ("Usage", reverse("metering:index"))),
    }
    return render(request, "metering/generations.html", context)


@require_safe
@requires(Permission.USAGE_SEE)
def generation(request: StaffRequest, generation_id: UUID) -> HttpResponse:
    """Show one generation: what was reported, where it is counted, what became of it."""
    rows = Generation.objects.select_related("organization", "key", "period__contract", "original_period")
    found = access.find(request, rows, Permission.USAGE_SEE, generation_id=generation_id)
    void = Adjustment.objects.of_generations([found.pk]).first()
    asked_for = AdjustmentRequest.objects.waiting().filter(generation_id=found.pk).first()
    rejects = RejectedGeneration.objects.filter(organization=found.organization)
    context = {
        "generation": found,
        "void": void,
        "waiting": asked_for,
        "may_void": not void and not asked_for and request.staff.can(Permission.ADJUSTMENT_ASK, found.organization),
        "statement": _statement(found),
        "refusals": _refusals(request, found),
        "rejects": rejects.filter(generation_id=str(found.pk))[:MOST_BESIDE],
        **pages.place("Generation", ("Usage", reverse("metering:index")), ("Generations", _around(found))),
    }
    return render(request, "metering/generation.html", context)


def _id(request: StaffRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def _statement(found: Generation) -> Statement | None:
    if found.period_id is None:
        return None
    return Statement.objects.statements().filter(period=found.period_id).first()


def _refusals(request: StaffRequest, found: Generation) -> Any:
    """Calls under the same request or idempotency key that were refused in the last days."""
    named = Q()
    if found.request_id:
        named |= Q(request_id=found.request_id)
    if found.idempotency_key:
        named |= Q(idempotency_key=found.idempotency_key)
    if not named:
        return []
    rows = Refusal.objects.for_user(request.user, Permission.KEY_SEE).filter(organization=found.organization)
    return rows.filter(named).order_by("-at")[:MOST_BESIDE]


def _around(found: Generation) -> str:
    """Return the address of the list of the day that it happened on."""
    day = f"{found.occurred_at:%Y-%m-%d}"
    return generations_url({"org": found.organization.uid, "from": day, "environment": found.environment})
