"""One-time links that nobody has opened, and those that were opened again."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from keys import actions, delivery_forms
from keys import links as listed
from keys.models import DeliveryLink
from keys.views import handing
from orgs import access, pages, proof
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

PER_PAGE = 50


@require_safe
@requires(Permission.KEY_SEE)
def links(request: StaffRequest) -> HttpResponse:
    """List the links that wait to be opened, and those whose opening raised the alarm."""
    now = timezone.now()
    rows = DeliveryLink.objects.for_user(request.user, Permission.KEY_SEE).with_keys()
    page = Paginator(rows.unopened(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "One-time links",
        "crumb": "One-time links",
        "crumbs": [("Keys", reverse("keys:index"))],
        "page": page,
        "rows": [listed.row(link, staff=request.staff, now=now) for link in page.object_list],
        "alarmed": [listed.row(link, staff=request.staff, now=now) for link in rows.alarmed()],
        "counted": f"{len(page.object_list)} of {page.paginator.count} links",
    }
    return render(request, "keys/links.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_DELIVER)
def resend_link(request: StaffRequest, uid: str) -> HttpResponse:
    """Put a new secret behind a new link; the old link and the secret behind it stop."""
    link = _find(request, uid)
    if request.method != "POST" and (problem := actions.resend_problem(link, now=timezone.now())):
        return pages.refused(request, _key_page(link), problem)
    form = pages.asked(delivery_forms.ResendLinkForm, request, Permission.KEY_DELIVER, link, link=link)
    if pages.accepted(form, lambda: actions.resend_link(link=link, actor=request.actor, **form.wanted)):
        proof.use(request, Permission.KEY_DELIVER)
        return handing.handed_over(request, form, place=_under(link, "New link"))
    title = "Hand over secret" if link.is_held else "Resend link"
    return pages.dialog(request, "keys/resend_link.html", {"link": link, **_under(link, title)}, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_DELIVER)
def cancel_link(request: StaffRequest, uid: str) -> HttpResponse:
    """Stop a link that nobody has opened."""
    link = _find(request, uid)
    if request.method != "POST" and (problem := actions.cancel_problem(link)):
        return pages.refused(request, _key_page(link), problem)
    form = pages.asked(delivery_forms.CancelLinkForm, request, Permission.KEY_DELIVER, link)
    if pages.accepted(form, lambda: actions.cancel_link(link=link, actor=request.actor, **form.why)):
        return pages.done(request, _key_page(link), f"The one-time link for {link.recipient} is cancelled.")
    return pages.dialog(request, "keys/cancel_link.html", {"link": link, **_under(link, "Cancel link")}, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.KEY_DELIVER)
def settle_alarm(request: StaffRequest, uid: str) -> HttpResponse:
    """Note that a link which was opened again was looked into and is harmless."""
    link = _find(request, uid)
    if request.method != "POST" and link.alarmed_at is None:
        return pages.refused(request, _key_page(link), "There is no alarm, or somebody has settled it meanwhile.")
    form = pages.asked(delivery_forms.SettleAlarmForm, request, Permission.KEY_DELIVER, link)
    if pages.accepted(form, lambda: actions.settle_alarm(link=link, actor=request.actor, **form.why)):
        return pages.done(request, _key_page(link), "The alarm is settled. The next open raises it again.")
    return pages.dialog(request, "keys/settle_alarm.html", {"link": link, **_under(link, "Settle alarm")}, form=form)


def _find(request: StaffRequest, uid: str) -> DeliveryLink:
    return access.find(request, DeliveryLink.objects.with_keys(), Permission.KEY_DELIVER, uid=uid)


def _key_page(link: DeliveryLink) -> str:
    return reverse("keys:detail", args=[link.secret.key.uid])


def _under(link: DeliveryLink, title: str) -> dict[str, Any]:
    return pages.place(title, ("Keys", reverse("keys:index")), (link.secret.key.name, _key_page(link)))
