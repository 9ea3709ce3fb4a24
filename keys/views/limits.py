"""The limits of an organization and of a key: look, review with what if, set, and end what was set for a time."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from keys import actions, limit_review
from keys.actions import pilot_rules
from keys.limits.rules import LimitRule
from keys.models import ApiKey
from keys.views.limit_editor import Editor
from orgs import access, pages
from orgs.access import requires
from orgs.forms import ReasonForm
from orgs.models import Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.LIMIT_SEE)
def org_limits(request: StaffRequest, uid: str) -> HttpResponse:
    """Show and set the limits of an organization."""
    organization = access.find_organization(request, uid, _permission(request))
    return _edited(request, Editor(request, organization), "keys/org_limits.html")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.LIMIT_SEE)
def key_limits(request: StaffRequest, uid: str) -> HttpResponse:
    """Show and set what a key's calls are held to, besides its organization's limits."""
    rows = ApiKey.objects.select_related("organization__plan_version__plan", "organization__account_manager")
    key = access.find(request, rows, _permission(request), uid=uid)
    return _edited(request, Editor(request, key.organization, key), "keys/key_limits.html")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.LIMIT_SET)
def end_limit(request: StaffRequest, uid: str, rule: str) -> HttpResponse:
    """End a temporary limit before its time, or withdraw one that has not begun."""
    organization = access.find(request, Organization, Permission.LIMIT_SET, uid=uid)
    found = None if access.is_unfit(rule) else LimitRule.objects.within(organization).filter(uid=rule).first()
    if found is None:
        raise Http404
    back = _page_of(found, organization)
    if pilot_rules.belongs_to_pilot(found):
        return pages.refused(request, back, f"{found} belongs to the pilot: change or end it on the pilot's page.")
    form = ReasonForm(pages.posted(request), request=request, permission=Permission.LIMIT_SET, obj=organization)
    if pages.accepted(form, lambda: _end(request, found, form)):
        return pages.done(request, back, f"The limit {found} is ended.")
    context = {
        "organization": organization,
        "rule": found,
        "said": limit_review.said(found.about, found),
        "begins_later": found.set_for.lower > timezone.now(),
        **pages.under(organization, "End limit"),
    }
    return pages.dialog(request, "keys/end_limit.html", context, form=form, back=back)


def _end(request: StaffRequest, rule: LimitRule, form: ReasonForm) -> LimitRule:
    why = form.why
    return actions.end_limit(rule=rule, actor=request.actor, reason=why["reason"], ticket=why["ticket"])


def _permission(request: StaffRequest) -> Permission:
    return Permission.LIMIT_SET if request.method == "POST" else Permission.LIMIT_SEE


def _page_of(rule: LimitRule, organization: Organization) -> str:
    if rule.key is not None:
        return reverse("keys:key_limits", args=[rule.key.uid])
    return reverse("keys:org_limits", args=[organization.uid])


def _edited(request: StaffRequest, editor: Editor, template: str) -> HttpResponse:
    """Answer with the page; with what an input means, for htmx; or set what was reviewed and go on."""
    if pages.is_fragment(request):
        editor.form.is_valid()
        return render(request, "keys/_limits_typed.html", editor.reviewed())
    if editor.form.is_bound and editor.form.is_valid() and editor.is_to_save and editor.save():
        return pages.done(request, request.path, editor.said)
    context = {**editor.context(), **editor.reviewed()}
    return render(request, template, context, status=pages.UNPROCESSABLE if editor.form.errors else 200)
