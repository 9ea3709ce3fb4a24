"""Why was this refused? Of an organization, of a key, and one refusal with all that was checked."""

from datetime import UTC
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from keys import decided, explaining, freshness, reading, states
from keys.gateways import GatewayCredential
from keys.models import ApiKey, DecisionHour, Refusal
from keys.models.refusals import RefusalQuerySet
from keys.ranges import RANGES
from keys.reading import Question
from keys.verdicts import MEANINGS, Code
from orgs import access, pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_safe
@requires(Permission.KEY_SEE)
def org_refusals(request: StaffRequest, uid: str) -> HttpResponse:
    """List what was refused to an organization, unknown keys that named it too."""
    if cut := pages.without_keys(request):
        return cut
    organization = access.find_organization(request, uid, Permission.KEY_SEE)
    is_fresh = freshness.refresh(organization.pk)
    refused = _visible(request).filter(organization=organization)
    context = _listed(request, refused, DecisionHour.objects.filter(organization=organization))
    whole = {**context, "organization": organization, "tab": "Refusals", "is_fresh": is_fresh}
    return render(request, "keys/org_refusals.html", whole)


@require_safe
@requires(Permission.KEY_SEE)
def refusals(request: StaffRequest, uid: str) -> HttpResponse:
    """List what was refused to a key."""
    if cut := pages.without_keys(request):
        return cut
    key, is_fresh = freshness.reread(access.find(request, ApiKey, Permission.KEY_SEE, uid=uid))
    context = _listed(request, _visible(request).filter(key=key), DecisionHour.objects.filter(key=key))
    place = {"key": key, "tab": "Refusals", "state": states.of_key(key, at=timezone.now())}
    return render(request, "keys/refusals.html", {**context, **place, "is_fresh": is_fresh})


@require_safe
@requires(Permission.KEY_SEE)
def refusal(request: StaffRequest, decision_id: str) -> HttpResponse:
    """Show one refused call: every check and what it saw; as a fragment, inside its row."""
    rows = Refusal.objects.select_related("key", "organization")
    found = access.find(request, rows, Permission.KEY_SEE, decision_id=decision_id)
    context = {"refusal": found, **_explained(request, found)}
    if pages.is_fragment(request):
        return render(request, "keys/_refusal.html", context)
    if found.key is None and found.organization is not None:
        request.stands_under = "keys:org_refusals"
    return render(request, "keys/refusal.html", {**context, **_place(found)})


def _visible(request: StaffRequest) -> RefusalQuerySet:
    return Refusal.objects.for_user(request.user, Permission.KEY_SEE)


def _listed(request: StaffRequest, rows: RefusalQuerySet, counted: QuerySet[DecisionHour]) -> dict[str, Any]:
    question, now = Question.of(request.GET), timezone.now()
    page = reading.page(question.filtered(rows, now=now), question)
    found = decided.history(counted, question.range, now=now)
    return {
        "question": question,
        "rows": [(row, MEANINGS[Code(row.code)]) for row in page.rows],
        "newer": _at(request, after=page.newer),
        "older": _at(request, before=page.older),
        "found": found,
        "stats": decided.stats(found),
        "ranges": [(one.value, one.label) for one in RANGES],
        "codes": reading.CODES,
    }


def _at(request: StaffRequest, **place: str) -> str:
    """Return the address of another page of the list, "" where there is none."""
    (name, value), query = *place.items(), request.GET.copy()
    for other in ("before", "after"):
        query.pop(other, None)
    query[name] = value
    return f"?{query.urlencode()}" if value else ""


def _explained(request: StaffRequest, found: Refusal) -> dict[str, Any]:
    prefix, zone = _prefix(found), found.organization.zone if found.organization else UTC
    said = explaining.sentence(
        code=found.code,
        at=found.at,
        api_version=found.api_version,
        prefix=prefix,
        address=found.address,
        request_id=found.request_id,
        idempotency_key=found.idempotency_key,
        checks=found.checks,
        limits=found.limits,
        zone=zone,
    )
    return {
        "meaning": MEANINGS[Code(found.code)],
        "sentence": said,
        "course": explaining.course(found.checks, found.limits, zone=zone),
        "ids": [(name, value) for name, value in _ids(found, prefix, _gateway(request, found)) if value],
        "prefix": prefix,
    }


def _gateway(request: StaffRequest, found: Refusal) -> str:
    """Return the gateway's name, its id for whoever sees no gateways."""
    if not found.gateway or not request.staff.can(Permission.GATEWAY_SEE):
        return found.gateway
    named = GatewayCredential.objects.filter(uid=found.gateway).values_list("name", flat=True)
    return named.first() or found.gateway


def _ids(found: Refusal, prefix: str, gateway: str) -> list[tuple[str, str]]:
    return [
        ("Request id", found.request_id),
        ("Idempotency key", found.idempotency_key),
        ("Decision id", found.decision_id),
        ("Key prefix", prefix),
        ("Key id", found.key.uid if found.key else ""),
        ("Organization named", found.organization_named),
        ("Address", found.address or ""),
        ("Agent", found.user_agent),
        ("Gateway", gateway),
    ]


def _prefix(found: Refusal) -> str:
    if not found.public_id:
        return ""
    # Of an unknown key nobody knows for what it was.
    return f"axk_{found.key.environment}_{found.public_id}" if found.key else found.public_id


def _place(found: Refusal) -> dict[str, Any]:
    if found.key is not None:
        above = (found.key.name, reverse("keys:refusals", args=[found.key.uid]))
    elif found.organization is not None:
        above = (found.organization.name, reverse("keys:org_refusals", args=[found.organization.uid]))
    else:
        above = ("Keys", reverse("keys:index"))
    return {**pages.place(f"Refused with {found.code}", above), "history": above[1]}
