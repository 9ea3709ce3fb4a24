"""Whom we write to at a customer."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgs import access, actions, forms, pages
from orgs.access import requires
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ORGANIZATION_SEE)
def contacts(request: StaffRequest, uid: str) -> HttpResponse:
    """List the contacts of an organization, and add one."""
    permission = Permission.CONTACT_EDIT if request.method == "POST" else Permission.ORGANIZATION_SEE
    organization = access.find(request, Organization, permission, uid=uid)
    form = forms.ContactForm(pages.posted(request))
    if pages.accepted(
        form,
        lambda: actions.add_contact(organization=organization, actor=request.actor, **form.cleaned_data),
    ):
        return pages.done(request, reverse("orgs:contacts", args=[uid]), f"{form.result} was added.")
    status = pages.UNPROCESSABLE if form.errors else 200
    context = {
        "organization": organization,
        "tab": "Contacts",
        "form": form,
        "contacts": organization.contacts.all(),
        "may_edit": request.staff.can(Permission.CONTACT_EDIT, organization),
    }
    return render(request, "orgs/contacts.html", context, status=status)


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
    return pages.dialog(request, "orgs/remove_contact.html", context)
