"""Rotate and edit a gateway credential, and end the overlap of its secrets."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from keys import actions, gateway_forms
from keys.gateways import GatewayCredential
from orgs import access, pages, proof
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.GATEWAY_SEE)
def rotate_gateway(request: StaffRequest, uid: str) -> HttpResponse:
    """Give a gateway credential a new secret; it stands in this answer alone."""
    permission = Permission.GATEWAY_ROTATE
    credential = _found(request, permission, uid)
    if request.method != "POST" and (problem := actions.gateway_problem(credential, now=timezone.now())):
        return pages.refused(request, _page(credential), problem)
    form = pages.asked(gateway_forms.RotateGatewayForm, request, permission, credential, credential=credential)
    if pages.accepted(form, lambda: actions.rotate_gateway(credential=credential, actor=request.actor, **form.wanted)):
        proof.use(request, permission)
        secret, text = form.result
        return pages.dialog(request, "keys/issued.html", _revealed(secret.credential, text))
    context = {"credential": credential, **_under(credential, "Rotate")}
    return pages.dialog(request, "keys/rotate_gateway.html", context, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.GATEWAY_SEE)
def end_gateway_overlap(request: StaffRequest, uid: str) -> HttpResponse:
    """Refuse the old secret of a gateway credential from now on."""
    permission = Permission.GATEWAY_ROTATE
    credential = _found(request, permission, uid)
    if request.method != "POST" and credential.overlap_secret is None:
        return pages.refused(request, _page(credential), "The old secret has ended already.")
    form = pages.asked(gateway_forms.EndGatewayOverlapForm, request, permission, credential, credential=credential)
    if pages.accepted(
        form, lambda: actions.end_gateway_overlap(credential=credential, actor=request.actor, **form.wanted)
    ):
        return pages.done(request, _page(credential), f"The old secret of {credential} has ended.")
    context = {"credential": credential, **_under(credential, "End old secret")}
    return pages.dialog(request, "keys/end_gateway_overlap.html", context, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.GATEWAY_SEE)
def edit_gateway(request: StaffRequest, uid: str) -> HttpResponse:
    """Change what a gateway credential may do, from where, and for how long."""
    permission = Permission.GATEWAY_EDIT
    credential = _found(request, permission, uid)
    if request.method != "POST" and (problem := actions.gateway_problem(credential, now=timezone.now())):
        return pages.refused(request, _page(credential), problem)
    form = pages.asked(gateway_forms.EditGatewayForm, request, permission, credential, credential=credential)
    if pages.accepted(form, lambda: actions.edit_gateway(credential=credential, actor=request.actor, **form.wanted)):
        is_changed = form.result.version != credential.version
        said = f"Gateway credential {credential} was saved." if is_changed else "Nothing was different."
        return pages.done(request, _page(credential), said)
    context = {"credential": credential, **_under(credential, "Edit")}
    return pages.dialog(request, "keys/edit_gateway.html", context, form=form)


def _found(request: StaffRequest, permission: Permission, uid: str) -> GatewayCredential:
    rows = GatewayCredential.objects.prefetch_related("secrets")
    found: GatewayCredential = access.find(request, rows, permission, uid=uid)
    return found


def _revealed(credential: GatewayCredential, text: str) -> dict[str, Any]:
    old = credential.overlap_secret
    stops = f"{old.overlap_until:%-d %b %Y, %H:%M} UTC" if old and old.overlap_until else "now"
    return {
        "credential": text,
        "said": f"New secret of gateway credential {credential}. This is the only time it is shown.",
        "facts": [("Environment", credential.get_environment_display()), ("The old secret stops", stops)],
        "lost": "Nobody can read the secret again. If it is lost, rotate once more.",
        "done": _page(credential),
        **_under(credential, "Secret"),
    }


def _page(credential: GatewayCredential) -> str:
    return reverse("keys:gateway", args=[credential.uid])


def _under(credential: GatewayCredential, title: str) -> dict[str, Any]:
    return pages.place(title, ("Gateways", reverse("keys:gateways")), (credential.name, _page(credential)))
