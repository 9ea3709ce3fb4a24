"""Whom we write to at a customer, of what, and what was written."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from orgs import access, actions, forms, notices, pages
from orgs.access import requires
from orgs.models import Notice, Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

LATELY = 10


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_SEE)
def contacts(request: StaffRequest, uid: str) -> HttpResponse:
    """List the contacts of an organization and what they were told, and add one."""
    permission = Permission.CONTACT_EDIT if request.method == "POST" else Permission.ORGANIZATION_SEE
    organization = access.find(request, Organization, permission, uid=uid)
    form = forms.ContactForm(pages.posted(request))
    if pages.accepted(
        form,
        lambda: actions.add_contact(organization=organization, actor=request.actor, **form.cleaned_data),
    ):
        return pages.done(request, reverse("orgs:contacts", args=[uid]), f"{form.result} was added.")
    return _page(request, organization, form=form)


@require_POST
@requires(Permission.CONTACT_EDIT)
def change_notices(request: StaffRequest, uid: str) -> HttpResponse:
    """Choose what the contacts of an organization are told."""
    organization = access.find(request, Organization, Permission.CONTACT_EDIT, uid=uid)
    form = forms.NoticesForm(request.POST)
    if pages.accepted(
        form,
        lambda: actions.change_notices(organization=organization, actor=request.actor, muted=form.muted),
    ):
        return pages.done(request, reverse("orgs:contacts", args=[uid]), "What the contacts are told was saved.")
    return _page(request, organization, form=forms.ContactForm(), notices_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CONTACT_EDIT)
def remove_contact(request: StaffRequest, uid: str, contact: int) -> HttpResponse:
    """Remove a contact of an organization, once it has been confirmed."""
    organization = access.find(request, Organization, Permission.CONTACT_EDIT, uid=uid)
    found = access.find(request, organization.contacts, Permission.CONTACT_EDIT, pk=contact)
    if request.method == "POST":
        actions.remove_contact(contact=found, actor=request.actor)
        return pages.done(request, reverse("orgs:contacts", args=[uid]), f"{found} was removed.")
    context = {"organization": organization, "contact": found, **pages.under(organization, "Remove contact")}
    return pages.dialog(request, "orgs/remove_contact.html", context, back=reverse("orgs:contacts", args=[uid]))


def _page(
    request: StaffRequest,
    organization: Organization,
    *,
    form: forms.ContactForm,
    notices_form: forms.NoticesForm | None = None,
) -> HttpResponse:
    told = [kind for kind in Notice.Kind.values if kind not in organization.muted_notices]
    switches = notices_form or forms.NoticesForm(initial={"told": told})
    recipients = [notices.recipients_of(kind) for kind in Notice.Kind.values]
    context: dict[str, Any] = {
        "organization": organization,
        "tab": "Contacts",
        "form": form,
        "notices_form": switches,
        "switches": list(zip(switches["told"], recipients, strict=True)),
        "kinds": [(label, kind in told) for kind, label in Notice.Kind.choices],
        "contacts": organization.contacts.all(),
        "notices": organization.notices.order_by("-created_at", "-id")[:LATELY],
        "stuck": organization.notices.stuck().order_by("created_at").first(),
        "may_edit": request.staff.can(Permission.CONTACT_EDIT, organization),
    }
    wrong = form.errors or (notices_form is not None and notices_form.errors)
    return render(request, "orgs/contacts.html", context, status=pages.UNPROCESSABLE if wrong else 200)
