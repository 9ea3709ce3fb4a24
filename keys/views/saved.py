"""A person's own views of the list of keys: save one, give it another name, remove it."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from keys import actions, list_forms, own_views
from keys.filters import KeyFilter
from keys.views.lists import PAGE
from orgs import pages
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_SEE)
def save_view(request: StaffRequest) -> HttpResponse:
    """Keep the filter that the address carries under a name."""
    if cut := pages.without_keys(request):
        return cut
    query = KeyFilter(request.GET, user=request.user).view
    form = list_forms.ViewForm(pages.posted(request))
    if pages.accepted(form, lambda: _save(request, form, query)):
        return pages.done(request, f"{reverse('keys:index')}?{query}", f"View {form.result} is saved.")
    context = {"query": query, **_under("Save view")}
    return pages.dialog(request, "keys/save_view.html", context, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_SEE)
def rename_view(request: StaffRequest, uid: str) -> HttpResponse:
    """Give a view another name."""
    view = own_views.find(request, uid, Permission.KEY_SEE, page=PAGE)
    form = list_forms.ViewForm(pages.posted(request), initial={"name": view.name})
    if pages.accepted(form, lambda: actions.rename_view(view=view, actor=request.actor, name=form.kept_name)):
        return pages.done(request, f"{reverse('keys:index')}?{view.query}", f"View {form.result} is renamed.")
    return pages.dialog(request, "keys/rename_view.html", {"view": view, **_under("Rename view")}, form=form)


@require_POST
@requires(Permission.KEY_SEE)
def remove_view(request: StaffRequest, uid: str) -> HttpResponse:
    """Forget a view."""
    view = own_views.find(request, uid, Permission.KEY_SEE, page=PAGE)
    actions.remove_view(view=view, actor=request.actor)
    return pages.done(request, reverse("keys:index"), f"View {view} is removed.")


def _save(request: StaffRequest, form: list_forms.ViewForm, query: str) -> object:
    return actions.save_view(owner=request.user, actor=request.actor, page=PAGE, name=form.kept_name, query=query)


def _under(title: str) -> dict[str, Any]:
    back = reverse("keys:index")
    return {"back": back, **pages.place(title, ("Keys", back))}
