"""What can be done about a leak: replace, contain or revoke, close it, and say since when the secret was out."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from keys import actions, dry_run, exposure, leak_forms, leaks
from keys.models import ApiKey, LeakReport
from keys.views import handing
from keys.views.changing import revealed
from keys.views.leaks import find, of_key
from orgs import changes, pages, proof
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
@requires(Permission.KEY_ROTATE)
def replace_leaked(request: StaffRequest, uid: str) -> HttpResponse:
    """Give the key a new secret; every other one stops now."""
    permission = Permission.KEY_ROTATE
    leak = of_key(request, uid, permission)
    key = _key(leak)
    if refused := _refused(request, leak, actions.rotation_problem(key, now=timezone.now())):
        return refused
    form = pages.asked(leak_forms.ReplaceLeakedForm, request, permission, key, leak=leak, key=key)
    if pages.accepted(form, lambda: handing.make(request, form, lambda: _replace(request, leak, form))):
        proof.use(request, permission)
        # Nobody is told that the old secret is refused before it is, everywhere.
        changes.settle(key.organization)
        if form.by_link:
            return handing.handed_over(request, form, place=_under(leak, "One-time link"))
        _, credential = form.result
        said = f"New secret of key {key}. Every other one is refused. This is the only time it is shown."
        return revealed(request, key, credential, said=said)
    run = dry_run.up_to_now(key, doing="Replacing the secrets of")
    context = {"leak": leak, "key": key, "run": run, **_under(leak, "Replace now")}
    return pages.dialog(request, "keys/replace_leaked.html", context, form=form)


@require_http_methods(METHODS)
@requires(Permission.KEY_CONTAIN)
def contain_leaked(request: StaffRequest, uid: str) -> HttpResponse:
    """Let the key be used from addresses of the last 30 days alone; first say what that would have refused."""
    permission = Permission.KEY_CONTAIN
    leak = of_key(request, uid, permission)
    key, now = _key(leak), timezone.now()
    if refused := _refused(request, leak, actions.editing_problem(key)):
        return refused
    exposure.fresh(key)
    seen = exposure.known(key, exposed_since=leak.exposed_since, now=now)
    callers = exposure.containable(seen, key.allowed_cidrs)
    outside = exposure.outside(seen, key.allowed_cidrs)
    form = pages.asked(leak_forms.ContainLeakedForm, request, permission, key, leak=leak, key=key, callers=callers)
    if pages.accepted(form, lambda: _contain(request, leak, form)):
        changes.settle(key.organization)
        return pages.done(request, _page(leak), f"Key {key} works from the chosen addresses alone.")
    chosen = form["addresses"].value() or []
    run = dry_run.of_networks(key, _networks(chosen, callers), now) if chosen else None
    about = {"leak": leak, "key": key, "callers": callers, "outside": outside, "run": run}
    context = {**about, **_under(leak, "Contain")}
    return pages.dialog(request, "keys/contain_leaked.html", context, form=form)


@require_http_methods(METHODS)
@requires(Permission.KEY_REVOKE)
def revoke_leaked(request: StaffRequest, uid: str) -> HttpResponse:
    """Revoke the key whose secret leaked."""
    permission = Permission.KEY_REVOKE
    leak = of_key(request, uid, permission)
    key = _key(leak)
    problem = f"{key} is revoked already." if key.state == ApiKey.State.REVOKED else ""
    if refused := _refused(request, leak, problem):
        return refused
    form = pages.asked(leak_forms.RevokeLeakedForm, request, permission, key, leak=leak)
    if pages.accepted(form, lambda: actions.revoke_leaked(leak=leak, actor=request.actor, **form.why)):
        changes.settle(key.organization)
        return pages.done(request, _page(leak), f"Key {key} is revoked.")
    run = dry_run.up_to_now(key, doing="Revoking")
    context = {"leak": leak, "key": key, "run": run, **_under(leak, "Revoke")}
    return pages.dialog(request, "keys/revoke_leaked.html", context, form=form)


@require_http_methods(METHODS)
@requires(Permission.KEY_REVOKE)
def close_leak(request: StaffRequest, uid: str) -> HttpResponse:
    """Close a report about which nothing has to be done, and say why."""
    leak = find(request, Permission.KEY_SEE, uid=uid)
    permission = Permission.KEY_REVOKE if leak.key else Permission.GATEWAY_REVOKE
    leak = find(request, permission, uid=uid)
    if refused := _refused(request, leak, ""):
        return refused
    form = pages.asked(leak_forms.CloseLeakForm, request, permission, leak)
    if pages.accepted(form, lambda: actions.close_leak(leak=leak, actor=request.actor, **form.why)):
        said = form.result.get_outcome_display().lower()
        return pages.done(request, _page(leak), f"The leak is closed: {said}.")
    death = leaks.death(leak.leaked, at=timezone.now())
    return pages.dialog(
        request, "keys/close_leak.html", {"leak": leak, "death": death, **_under(leak, "Close")}, form=form
    )


@require_http_methods(METHODS)
@requires(Permission.LEAK_REPORT)
def date_leak(request: StaffRequest, uid: str) -> HttpResponse:
    """Say since when the secret was out; its use is shown from then on."""
    permission = Permission.LEAK_REPORT
    leak = find(request, permission, uid=uid)
    form = pages.asked(leak_forms.DateLeakForm, request, permission, leak, leak=leak)
    if pages.accepted(form, lambda: _date(request, leak, form)):
        return pages.done(request, _page(leak), "Use is shown from then on.")
    return pages.dialog(request, "keys/date_leak.html", {"leak": leak, **_under(leak, "Exposed since")}, form=form)


def _replace(request: StaffRequest, leak: LeakReport, form: leak_forms.ReplaceLeakedForm) -> Any:
    seen = form.cleaned_data["version"]
    return actions.replace_leaked(leak=leak, actor=request.actor, seen_version=seen, **form.why)


def _contain(request: StaffRequest, leak: LeakReport, form: leak_forms.ContainLeakedForm) -> ApiKey:
    seen, addresses = form.cleaned_data["version"], form.cleaned_data["addresses"]
    return actions.contain_leaked(leak=leak, actor=request.actor, addresses=addresses, seen_version=seen, **form.why)


def _date(request: StaffRequest, leak: LeakReport, form: leak_forms.DateLeakForm) -> LeakReport:
    since, reason = form.cleaned_data["exposed_since"], form.cleaned_data["reason"]
    return actions.date_leak(leak=leak, actor=request.actor, exposed_since=since, reason=reason)


def _networks(chosen: list[str], callers: list[exposure.Caller]) -> list[str]:
    """What was sent may be anything: only what was offered is asked about."""
    return [one.address for one in callers if one.address and one.address in chosen]


def _key(leak: LeakReport) -> ApiKey:
    if leak.key is None:
        raise ValueError(f"{leak} is about no key")
    return leak.key


def _refused(request: StaffRequest, leak: LeakReport, problem: str) -> HttpResponse | None:
    """Go back to the leak's page where the step makes no sense now."""
    if not leak.is_open:
        problem = f"This leak is closed already: {leak.get_outcome_display().lower()}."
    return pages.refused(request, _page(leak), problem) if request.method != "POST" and problem else None


def _page(leak: LeakReport) -> str:
    return reverse("keys:leak", args=[leak.uid])


def _under(leak: LeakReport, title: str) -> dict[str, Any]:
    return pages.place(title, (f"Leak of {leak.leaked}", _page(leak)))
