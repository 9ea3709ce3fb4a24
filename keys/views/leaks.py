"""A leak: reported, looked at, and ended one way or another. No address and no form here ever holds a credential."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit import reading, search
from audit import scope as audit_scope
from keys import actions, confirmations, exposure, leak_events, leak_forms, leak_page, leaks
from keys.exposure import Use
from keys.gateways import GatewaySecret
from keys.leak_page import Happening
from keys.leaks import Leaked
from keys.models import LeakReport
from keys.models.leaks import LeakReportQuerySet
from orgs import access, pages
from orgs.access import requires
from orgs.models import Contact, Organization
from orgs.policy import Permission
from orgs.requests import StaffRequest

EVENTS = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.LEAK_REPORT)
def report_leak(request: StaffRequest) -> HttpResponse:
    """Report a secret that the person has just looked up; `seen` says which, signed, in its place."""
    given = request.POST if request.method == "POST" else request.GET
    secret = leaks.seen(request.user, given.get("seen", ""))
    if secret is None:
        return pages.refused(request, reverse("lookup"), "Look the secret up first: what matches can be reported.")
    _check(request, secret)
    if (known := leaks.open_about(secret)) is not None:
        return pages.done(request, reverse("keys:leak", args=[known.uid]), "This leak is reported already.")
    form = pages.asked(
        leak_forms.ReportLeakForm,
        request,
        Permission.LEAK_REPORT,
        _owner(secret),
        initial={"seen": given.get("seen", "")},
    )
    if pages.accepted(form, lambda: actions.report_leak(secret=secret, actor=request.actor, **form.wanted)):
        return pages.done(request, reverse("keys:leak", args=[form.result.uid]), f"{secret} is reported as leaked.")
    context = {"secret": secret, **pages.place("Report a leak", ("Look up", reverse("lookup")))}
    return pages.dialog(request, "keys/report_leak.html", context, form=form)


@require_safe
@requires(Permission.KEY_SEE)
def leak(request: StaffRequest, uid: str) -> HttpResponse:
    """Show a leak: whether its secret still works, who has used it since, and what was done."""
    found = find(request, Permission.KEY_SEE, uid=uid)
    context = {
        "leak": found,
        "death": leaks.death(found.leaked, at=timezone.now()),
        **pages.place("Leak", *_above(found)),
    }
    if isinstance(found.leaked, GatewaySecret):
        return render(request, "keys/leak.html", {**context, **_of_gateway(request, found, context["death"])})
    return render(request, "keys/leak.html", {**context, **_of_key(request, found, context["death"])})


def rows() -> LeakReportQuerySet:
    """Every report, with what it is about."""
    return LeakReport.objects.with_whose()


def find(request: StaffRequest, permission: Permission, *, uid: str) -> LeakReport:
    """Return a report for somebody who may do this. One about a gateway's secret stands under the gateways."""
    found = access.find(request, rows(), permission, uid=uid)
    if found.gateway_secret is not None:
        request.stands_under = "keys:gateway"
    return found


def of_key(request: StaffRequest, uid: str, permission: Permission) -> LeakReport:
    """Return a report about a key's secret, for somebody who may do this to the key; Http404 otherwise."""
    found = find(request, permission, uid=uid)
    if found.key is None:
        raise Http404
    return found


def _check(request: StaffRequest, secret: Leaked) -> None:
    owner = _owner(secret)
    if not request.staff.can(Permission.LEAK_REPORT, owner):
        access.refuse(request, Permission.LEAK_REPORT, target=owner.target, organization=_customer(secret))
        raise PermissionDenied


def _owner(secret: Leaked) -> Any:
    return secret.credential if isinstance(secret, GatewaySecret) else secret.key


def _customer(secret: Leaked) -> Organization | None:
    return None if isinstance(secret, GatewaySecret) else secret.key.organization


def _above(found: LeakReport) -> list[tuple[str, str]]:
    if found.gateway_secret:
        credential = found.gateway_secret.credential
        return [("Gateways", reverse("keys:gateways")), (credential.name, _page("gateway", credential.uid))]
    key = found.secret.key  # type: ignore[union-attr]
    return [("Keys", reverse("keys:index")), (key.name, _page("detail", key.uid))]


def _page(name: str, uid: str) -> str:
    return reverse(f"keys:{name}", args=[uid])


def _of_gateway(request: StaffRequest, found: LeakReport, death: str) -> dict[str, Any]:
    credential = found.gateway_secret.credential  # type: ignore[union-attr]
    may_revoke = not credential.revoked_at and request.staff.can(Permission.GATEWAY_REVOKE, credential)
    return {
        "credential": credential,
        "verdict": leak_page.verdict(found, Use(), death=death),
        "timeline": leak_page.timeline(found, Use(), _done(request, found, credential.uid)),
        "may_revoke_gateway": may_revoke,
        "may_close": found.is_open and may_revoke,
    }


def _of_key(request: StaffRequest, found: LeakReport, death: str) -> dict[str, Any]:
    secret = found.secret
    assert secret is not None  # noqa: S101 - the caller has asked
    key = secret.key
    exposure.fresh(key)
    use = exposure.since(secret, found.exposed_since)
    contacts = list(_contacts(found))
    subject, text = leak_page.draft(found, key, use, death=death)
    change = confirmations.changes_of(key).filter(at__gte=found.reported_at).first()
    return {
        "key": key,
        "secret": secret,
        "verdict": leak_page.verdict(found, use, death=death),
        "callers": use.callers[: exposure.MOST_CALLERS],
        "attempts": use.attempts[: exposure.MOST_CALLERS],
        "more_callers": max(0, len(use.callers) - exposure.MOST_CALLERS),
        "more_attempts": max(0, len(use.attempts) - exposure.MOST_CALLERS),
        "timeline": leak_page.timeline(found, use, _done(request, found, key.uid)),
        "confirmed": confirmations.of(change) if change else None,
        "contacts": contacts,
        "subject": subject,
        "draft": text,
        "mailto": leak_page.mailto(contacts, subject, text),
        **_may(request, found, death),
    }


def _may(request: StaffRequest, found: LeakReport, death: str) -> dict[str, bool]:
    key, can = found.key, request.staff.can
    works = found.is_open and not death
    return {
        "may_replace": works and not actions.rotation_problem(key, now=timezone.now()) and can("key.rotate", key),  # type: ignore[arg-type]
        "may_contain": works and not actions.editing_problem(key) and can("key.contain", key),  # type: ignore[arg-type]
        "may_revoke": works and can("key.revoke", key),
        "may_close": found.is_open and can("key.revoke", key),
        "may_date": can("leak.report", key),
    }


def _contacts(found: LeakReport) -> Sequence[Contact]:
    """The customer's security contacts; the technical ones where there are none."""
    of_all = list(found.organization.contacts.all()) if found.organization else []
    security = [one for one in of_all if one.kind == Contact.Kind.SECURITY]
    return security or [one for one in of_all if one.kind == Contact.Kind.TECHNICAL]


def _done(request: StaffRequest, found: LeakReport, name: str) -> list[Happening]:
    asked = search.Question(
        named=name, outcome="success", operations=("create", "update", "delete"), after=found.reported_at
    )
    try:
        events = search.newest(asked, audit_scope.of(request.staff), size=EVENTS)
    except search.TooSlow:
        events = []
    return [_happened(found, one) for one in reading.readings(events) if leak_events.is_about(found, one.event)]


def _happened(found: LeakReport, one: reading.Reading) -> Happening:
    item = one.item
    note = ", ".join(filter(None, [leak_events.prefix(found, one.event), item["note"]]))
    return Happening(one.event.occurred_at, item["icon"], item["text"], note, item["href"])
