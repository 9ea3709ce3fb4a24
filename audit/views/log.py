"""The log, one event, and the history of one object."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from audit import known, paging, plurals, reading, scope, search, trail, wording
from audit.forms import SearchForm
from audit.models import Event
from audit.picks import Bar
from audit.search import Page, Question
from audit.verbs import Verb

SEES_LOG = "audit.see"
# An object's history is for whoever may see the object; which ones that are, the scope says.
SEES_OBJECTS = "organization.see"
CARD = 8
RELATED = 50
CHANGING = ("create", "update", "delete")
SLOW = (
    f"It ran for {search.SECONDS} seconds. Narrow it: a time, an organization, or one more word. Nothing was changed."
)

View = Callable[..., HttpResponseBase]


def requires(permission: str) -> Callable[[View], View]:
    """Refuse the view, on the record, to whoever holds the permission nowhere; on an object the scope decides."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not kwargs and not request.staff.can(permission):  # type: ignore[attr-defined]
                refuse(request, trail.Target("page", request.path, request.path), act="search the audit log at")
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return checked

    return decorate


@require_safe
@requires(SEES_LOG)
def index(request: HttpRequest) -> HttpResponse:
    """The log: what the address asks for, newest first. A whole key in it is cut to its prefix before anything else."""
    if (cut := _without_keys(request.GET)) != request.GET:
        messages.info(request, "A whole key is a secret: its prefix was searched for.")
        return redirect(f"{request.path}?{cut.urlencode()}")
    within = scope.of_log(request.staff)  # type: ignore[attr-defined]
    form = SearchForm(request.GET, scope=within)
    page, is_slow = None, False
    try:
        page = _asked(form, within) if form.is_valid() else None
    except search.TooSlow:
        is_slow = True
    bar = Bar(form, known.actors(within), known.organizations(within))
    context = {
        "crumb": "Audit log",
        "form": form,
        "bar": bar,
        "slow": SLOW if is_slow else "",
        "listed": _listed(page, bar.href) if page else None,
        "everything": request.path,
        "link": request.build_absolute_uri(bar.href()),
    }
    return render(request, "audit/index.html", context)


@require_safe
@requires(SEES_OBJECTS)
def event(request: HttpRequest, id: UUID) -> HttpResponse:
    """One event: sentence, difference, facts, everything else in its request, the history of its object."""
    within = scope.of(request.staff)  # type: ignore[attr-defined]
    found = search.get(id, within)
    if found is None:
        refuse(request, trail.Target("event", str(id), str(id)), act="see event")
        raise Http404
    read, of_object = reading.Reading(found), search.about(found.target_type, found.target_id)
    context = {
        "reading": read,
        "named": [(reading.words(kind), _links(kind, id, label)) for kind, id, label in read.objects],
        "related": reading.readings(_related(found, within)),
        "history": reading.readings(search.newest(of_object, within, size=CARD)),
        "crumbs": _crumbs(request),
        "link": request.build_absolute_uri(),
    }
    return render(request, "audit/event.html", context)


@require_safe
@requires(SEES_OBJECTS)
@vary_on_headers("HX-Request")
def history(request: HttpRequest, type: str, id: str) -> HttpResponse:
    """What happened to one object: a page; for htmx the card “Who changed this”, or with ?all=1 the list in a card."""
    type, id = trail.as_named(type), trail.as_named(id)
    within, asked = scope.of(request.staff), search.about(type, id)  # type: ignore[attr-defined]
    older, newer = _place(request, "older"), _place(request, "newer")
    newest = search.newest(asked, within, size=1)
    if not newest and not within.reaches(type, id):
        refuse(request, trail.Target(type, id, id), act=f"see the history of {type}")
        raise Http404
    here = reverse("audit:history", args=[type, id])
    context = {"label": _label(newest, id), "here": here, "object_url": reading.page(type, id)}
    if request.htmx and "all" not in request.GET:  # type: ignore[attr-defined]
        changes = replace(asked, outcome="success", operations=CHANGING)
        items = reading.readings(search.newest(changes, within, size=CARD))
        return render(request, "audit/_card.html", {**context, "readings": items})
    listed = _listed(search.find(asked, within, older=older, newer=newer), lambda **to: f"{here}?{urlencode(to)}")
    template = "audit/_history.html" if request.htmx else "audit/history.html"  # type: ignore[attr-defined]
    return render(request, template, {**context, "listed": listed, "crumbs": _crumbs(request)})


def _without_keys(query: QueryDict) -> QueryDict:
    cut = QueryDict(mutable=True)
    for name, values in query.lists():
        cut.setlist(wording.prefixes_of_all(name), [wording.prefixes_of_all(value) for value in values])
    return cut


def _asked(form: SearchForm, within: scope.Scope) -> Page:
    asked = form.cleaned_data
    return search.find(form.question(), within, older=asked["older"], newer=asked["newer"])


def _related(event: Event, within: scope.Scope) -> list[Event]:
    """Everything in the event's request, where that is more than the event."""
    asked = Question(request_id=event.request_id)
    found = search.newest(asked, within, size=RELATED) if event.request_id else []
    return found if len(found) > 1 else []


def _links(kind: str, id: str, label: str) -> SafeString:
    """The object's name, leading to its page, or else to its history."""
    return format_html('<a href="{}">{}</a>', reading.page(kind, id) or reading.history(kind, id), label)


def _listed(page: Page, href: Callable[..., str]) -> dict[str, Any]:
    """A page for the templates: its days, its count in words, and the addresses of its neighbours."""
    return {
        "days": list(reading.by_day(page.events)),
        "counted": _counted(page),
        "newer": href(newer=str(page.newer)) if page.newer else "",
        "older": href(older=str(page.older)) if page.older else "",
    }


def _counted(page: Page) -> str:
    if page.count is None:
        return "Too many events to count"
    if page.is_counted_out:
        return f"{search.COUNTED:,}+ events"
    return plurals.counted(page.count, "event")


def _place(request: HttpRequest, name: str) -> paging.Place | None:
    try:
        return paging.parse(request.GET[name]) if name in request.GET else None
    except ValueError as error:
        raise BadRequest(str(error)) from error


def _label(events: Sequence[Event], id: str) -> str:
    """What the object is called in the newest event that names it."""
    if not events:
        return id
    event = events[0]
    named = {event.organization: event.organization_label, event.target_id: event.target_label}
    named |= {one["id"]: one["label"] for one in event.further}
    return named.get(id, id)


def _crumbs(request: HttpRequest) -> list[tuple[str, str]]:
    """Back to the log, for whoever may search it."""
    return [("Audit log", reverse("audit:index"))] if request.staff.can(SEES_LOG) else []  # type: ignore[attr-defined]


def refuse(request: HttpRequest, target: trail.Target, *, act: str) -> None:
    """Record that the person asked for something that they may not have."""
    actor: trail.Actor = request.actor  # type: ignore[attr-defined]
    trail.record_refusal(Verb.ACCESS_DENIED, actor=actor, target=target, detail={"act": act})
