"""Find keys: of all organizations in scope, of one, as a file, and those that a reviewer would stop at."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import sheets, trail
from audit.verbs import Verb
from keys import boards, orders, states, totals
from keys.filters import KeyFilter
from keys.models import ApiKey, ApiKeyQuerySet, SavedView
from keys.picks import SHOWN, Bar
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization, Staff
from orgs.policy import Permission
from orgs.requests import StaffRequest

PAGE = "keys"
HEADINGS = (
    "Key", "Key id", "Organization", "Organization id", "Environment", "State", "API versions", "Expires (UTC)",
    "Last used (UTC)", "Created (UTC)", "Created by",
)  # fmt: skip


@require_safe
@requires(Permission.KEY_SEE)
def index(request: StaffRequest) -> HttpResponse:
    """List the keys of every organization in scope."""
    if cut := pages.without_keys(request):
        return cut
    form = KeyFilter(request.GET, user=request.user)
    context = {
        **_listed(request, form, ApiKey.objects.for_user(request.user, Permission.KEY_SEE), with_totals=True),
        "bar": Bar(form, organizations=_few(request), people=_people(), within=False),
        **_views(request, form),
        "may_bulk": request.staff.can(Permission.KEY_BULK),
        "title": "Keys",
    }
    return render(request, "keys/index.html", context)


@require_safe
@requires(Permission.KEY_SEE)
def for_org(request: StaffRequest, uid: str) -> HttpResponse:
    """List the keys of one organization; as a fragment, the card on its overview."""
    if cut := pages.without_keys(request):
        return cut
    organization = access.find_organization(request, uid, Permission.KEY_SEE)
    form = KeyFilter(request.GET, user=request.user)
    context = {
        **_listed(request, form, ApiKey.objects.filter(organization=organization)),
        "bar": Bar(form, people=_people(), within=True),
        "organization": organization,
        "tab": "Keys",
        "may_issue": organization.holds_keys and request.staff.can(Permission.KEY_ISSUE, organization),
    }
    if not pages.is_fragment(request):
        return render(request, "keys/for_org.html", context)
    rotating = next((key for key, _ in context["rows"] if key.is_rotating(at=timezone.now())), None)
    return render(request, "keys/_card.html", {**context, "rotating": rotating})


@require_safe
@requires(Permission.KEY_SEE)
def export(request: StaffRequest) -> HttpResponse | StreamingHttpResponse:
    """Hand out the filtered list as CSV, and record that it left the house."""
    if cut := pages.without_keys(request):
        return cut
    form = KeyFilter(request.GET, user=request.user)
    if not form.is_valid():
        raise BadRequest("The filter is not valid.")
    rows = form.apply(ApiKey.objects.for_user(request.user, Permission.KEY_SEE))
    with transaction.atomic():
        target = trail.Target("page", request.path, "keys")
        detail: dict[str, str | int] = {"filter": form.query, "rows": rows.count(), "format": "csv"}
        trail.record(Verb.KEY_LISTED, actor=request.actor, target=target, detail=detail)
    answer = StreamingHttpResponse(sheets.lines(HEADINGS, _lines(rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="keys-{timezone.now():%Y%m%d-%H%M}.csv"'
    return answer


@require_safe
@requires(Permission.KEY_SEE)
def hygiene(request: StaffRequest) -> HttpResponse:
    """Count the keys that a reviewer would stop at; each number opens the list of just those. A card for htmx."""
    rows = ApiKey.objects.for_user(request.user, Permission.KEY_SEE)
    context = {
        "cards": boards.cards(rows, user=request.user, at=timezone.now()),
        **pages.place("Hygiene", ("Keys", reverse("keys:index"))),
    }
    template = "keys/_hygiene.html" if pages.is_fragment(request) else "keys/hygiene.html"
    return render(request, template, context)


def _listed(
    request: StaffRequest, form: KeyFilter, rows: ApiKeyQuerySet, *, with_totals: bool = False
) -> dict[str, Any]:
    found = form.apply(rows)
    page = _page(request, form, found)
    counts = totals.of(found, at=form.at) if form.is_valid() else None
    return {
        "form": form,
        "page": page,
        "rows": [(key, states.of_key(key, at=form.at)) for key in page.keys] if page else [],
        "is_filtered": bool(form.pairs),
        "query": form.query,
        "totals": counts,
        "stats": _stats(form, counts) if with_totals and counts else [],
        "counted": _counted(counts.keys) if counts else "Too many keys to count",
    }


def _page(request: StaffRequest, form: KeyFilter, rows: ApiKeyQuerySet) -> orders.Page | None:
    """The page that the address asks for; None where the filter is wrong."""
    if not form.is_valid():
        return None
    order = form.cleaned_data["order"] or orders.NEWEST
    try:
        places = {
            name: orders.parse(request.GET[name], order=order) for name in ("after", "before") if request.GET.get(name)
        }
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return orders.page(rows, order, **places)


def _stats(form: KeyFilter, counts: totals.Totals) -> list[dict[str, Any]]:
    """The figures above the list. One that the filter can be narrowed to opens just those keys."""
    tell = totals.written
    notes = {
        "In force": f"{tell(counts.rotating)} rotating, {tell(counts.paused)} paused, {tell(counts.revoked)} revoked",
        "Expire within 30 days": f"{tell(counts.expired)} expired already",
        "Never used": "since they were made",
    }
    items: list[dict[str, Any]] = [
        {"label": "Keys", "value": tell(counts.keys), "note": f"{tell(counts.live)} live, {tell(counts.test)} test"}
    ]
    for label, count, added in totals.facts(counts):
        is_set = any(name in dict(form.pairs) for name in added)
        href = "" if is_set or not count else Bar(form, within=False).href(add=added.items())
        items.append({"label": label, "value": tell(count), "note": notes.get(label, ""), "href": href})
    return items


def _counted(count: int) -> str:
    return f"{totals.written(count)} key{'' if count == 1 else 's'}"


def _few(request: StaffRequest) -> list[tuple[str, str]]:
    """The organizations in scope to choose from, where they are few enough for a list."""
    mine = Organization.objects.for_user(request.user, Permission.KEY_SEE).values_list("uid", "name")
    found = list(mine[: SHOWN + 1])
    return found if len(found) <= SHOWN else []


def _people() -> list[str]:
    """Who is likely to have made keys."""
    staff = Staff.objects.filter(is_active=True).order_by("name")[:SHOWN]
    return [*(str(person) for person in staff), "cli"]


def _views(request: StaffRequest, form: KeyFilter) -> dict[str, Any]:
    """The person's views as tabs, and the one that the address shows."""
    here = reverse("keys:index")
    views = list(SavedView.objects.filter(owner=request.user, page=PAGE))
    current = next((view for view in views if view.query == form.view), None)
    tabs = [{"label": "All keys", "href": here}]
    tabs += [{"label": view.name, "href": f"{here}?{view.query}"} for view in views]
    now = current.name if current else "All keys" if not form.pairs else ""
    return {"tabs": tabs, "tab": now, "view": current, "may_save": bool(form.view) and current is None}


def _lines(rows: ApiKeyQuerySet) -> Iterator[tuple[str, ...]]:
    now = timezone.now()
    found = (
        orders.ordered(rows, "created").select_related("organization", "latest_use").prefetch_related("secrets__use")
    )
    for key in found.iterator(chunk_size=1_000):
        organization = key.organization
        yield (
            key.name, key.uid, organization.name, organization.uid, key.environment, states.of_key(key, at=now).label,
            ", ".join(key.api_versions), _time(key.expires_at), _time(key.latest_use.last_used_at),
            _time(key.created_at), key.created_by,
        )  # fmt: skip


def _time(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "never"
