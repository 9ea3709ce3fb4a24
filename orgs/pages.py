"""How a view answers: one view for the page, its htmx fragment and its dialog."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from audit import trail, wording
from orgs.forms import ActionForm, ProvenForm
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

UNPROCESSABLE = 422

Task = TypeVar("Task", bound=ProvenForm)


def is_fragment(request: StaffRequest) -> bool:
    """Say whether htmx asks for a part of a page; a boosted link wants the whole one."""
    return bool(request.htmx) and not request.htmx.boosted


def posted(request: StaffRequest) -> QueryDict | None:
    """Return what was sent, even if it is empty; None where the form is only asked for."""
    return request.POST if request.method == "POST" else None


def asked(kind: type[Task], request: StaffRequest, permission: Permission, obj: Any, **more: Any) -> Task:
    """Return the form of a task about an object, with what was sent."""
    return kind(posted(request), request=request, permission=permission, obj=obj, **more)


def dialog(
    request: StaffRequest, template: str, context: Mapping[str, Any], *, form: ActionForm | None = None, back: str = ""
) -> HttpResponse:
    """Render a task: as the body of the dialog for htmx, as a page of its own for everybody else.

    `context` says where it stands, as `place` does; `back` is where cancelling leads, by default to what is above.
    """
    status = UNPROCESSABLE if form is not None and form.errors else 200
    in_dialog = is_fragment(request)
    layout = "ui/dialog_body.html" if in_dialog else "ui/dialog_page.html"
    behind = back or context["crumbs"][-1][1]
    whole = {**context, "form": form, "layout": layout, "in_dialog": in_dialog, "back": behind}
    answer = render(request, template, whole, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def place(title: str, *above: tuple[str, str]) -> dict[str, Any]:
    """Return the context that says where a page stands: its title, and the label and address of what is above it."""
    return {"title": title, "crumb": title, "crumbs": list(above)}


def under(organization: Organization, title: str) -> dict[str, Any]:
    """Return the place of a page below an organization's."""
    above = reverse("orgs:detail", args=[organization.uid])
    return place(title, ("Organizations", reverse("orgs:index")), (organization.name, above))


def done(request: StaffRequest, url: str, message: str) -> HttpResponse:
    """Go on to the page, with a sentence that says what was done."""
    messages.success(request, message)
    return HttpResponseClientRedirect(url) if is_fragment(request) else HttpResponseRedirect(url)


def refused(request: StaffRequest, url: str, message: str) -> HttpResponse:
    """Go back to the page, with a sentence that says why the task makes no sense now."""
    messages.error(request, message)
    return HttpResponseClientRedirect(url) if is_fragment(request) else HttpResponseRedirect(url)


def without_keys(request: StaffRequest) -> HttpResponse | None:
    """Redirect a search for a whole key to one for its prefix: no address keeps a secret."""
    cut = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        cut.setlist(wording.prefixes_of_all(name), [wording.prefixes_of_all(value) for value in values])
    return None if cut == request.GET else HttpResponseRedirect(f"{request.path}?{cut.urlencode()}")


def accepted(form: ActionForm, act: Callable[[], Any]) -> bool:
    """Run the action if the form is valid. What the action refuses becomes the form's errors; nothing is saved then."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        form.result = act()
    except ValidationError as error:
        _add_errors(form, error)
    except trail.EntryRefused as error:
        form.add_error(form.field_for(error.field), error.message)
    except IntegrityError:
        form.add_error(None, "Somebody changed this at the same moment. Nothing was saved; check and try again.")
    return not form.errors


def _add_errors(form: ActionForm, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, problems in error.error_dict.items():
        form.add_error(form.field_for(field), problems)
