"""A person's own views of the usage explorer: of all organizations, or of one."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from keys import actions, list_forms, own_views
from keys.models import SavedView
from metering.explorer import Filter
from orgs import access, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

PAGE = "usage"
ALL = "As it opens"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.USAGE_SEE)
def save_view(request: StaffRequest, uid: str = "") -> HttpResponse:
    """Keep the filter that the address carries under a name."""
    organization = access.find(request, Organization, Permission.USAGE_SEE, uid=uid) if uid else None
    asked = Filter.from_query(request.GET, request.user, organization)
    form, back = list_forms.ViewForm(pages.posted(request)), _address(organization)
    if pages.accepted(form, lambda: _save(request, form, asked)):
        return pages.done(request, f"{back}?{asked.query_string}", f"View {form.result} is saved.")
    above = ("Usage", back) if organization is None else (organization.name, back)
    context = pages.place("Save view", above)
    return pages.dialog(request, "metering/save_view.html", context, form=form, back=f"{back}?{asked.query_string}")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.USAGE_SEE)
def rename_view(request: StaffRequest, uid: str) -> HttpResponse:
    """Give a view another name."""
    view = own_views.find(request, uid, Permission.USAGE_SEE, page=PAGE)
    form, back = list_forms.ViewForm(pages.posted(request), initial={"name": view.name}), f"{_of(view)}?{view.query}"
    if pages.accepted(form, lambda: actions.rename_view(view=view, actor=request.actor, name=form.kept_name)):
        return pages.done(request, back, f"View {form.result} is renamed.")
    context = pages.place("Rename view", ("Usage", _of(view)))
    return pages.dialog(request, "metering/rename_view.html", context, form=form, back=back)


@require_POST
@requires(Permission.USAGE_SEE)
def remove_view(request: StaffRequest, uid: str) -> HttpResponse:
    """Forget a view."""
    view = own_views.find(request, uid, Permission.USAGE_SEE, page=PAGE)
    actions.remove_view(view=view, actor=request.actor)
    return pages.done(request, _of(view), f"View {view} is removed.")


def _of(view: SavedView) -> str:
    """The page that a view is of."""
    of = view.page.partition(":")[2]
    return reverse("metering:for_org", args=[of]) if of else reverse("metering:index")


def tabs(request: StaffRequest, asked: Filter) -> dict[str, Any]:
    """Return the person's views of this page as tabs, and the one that the address shows."""
    here = _address(asked.organization)
    views = list(SavedView.objects.filter(owner=request.user, page=page_of(asked.organization)))
    current = next((view for view in views if view.query == asked.query_string), None)
    links = [{"label": ALL, "href": here}, *({"label": one.name, "href": f"{here}?{one.query}"} for one in views)]
    return {"saved": links, "view_tab": current.name if current else "" if request.GET else ALL, "view": current}


def page_of(organization: Organization | None) -> str:
    """Return what the views of a page are kept under."""
    return f"{PAGE}:{organization.uid}" if organization else PAGE


def _save(request: StaffRequest, form: list_forms.ViewForm, asked: Filter) -> object:
    page, query = page_of(asked.organization), asked.query_string
    return actions.save_view(owner=request.user, actor=request.actor, page=page, name=form.kept_name, query=query)


def _address(organization: Organization | None) -> str:
    return reverse("metering:for_org", args=[organization.uid]) if organization else reverse("metering:index")
