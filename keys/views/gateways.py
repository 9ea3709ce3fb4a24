"""The gateway's own credentials."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from keys import actions, forms, readers, states
from keys.gateways import GatewayCredential, GatewayCredentialQuerySet
from orgs import access, pages, policy, proof
from orgs.access import requires
from orgs.policy import Permission
from orgs.requests import StaffRequest

# Above the credentials; of more, these and those that are behind.
MOST_READERS = 8


@require_safe
@requires(Permission.GATEWAY_SEE)
def gateways(request: StaffRequest) -> HttpResponse:
    """List the gateway credentials."""
    credentials = _rows().for_user(request.user, Permission.GATEWAY_SEE)
    now = timezone.now()
    reading = [(reader, states.of_reader(reader, at=now)) for reader in readers.readers()]
    shown = reading if request.GET.get("all") else sorted(reading, key=_is_current)[:MOST_READERS]
    context = {
        "rows": [(each, each.is_expired(at=now)) for each in credentials],
        "reading": shown,
        "more": len(reading) - len(shown),
        "many": len(reading) > MOST_READERS,
        "may_create": bool(_environments(request)),
        "title": "Gateways",
    }
    return render(request, "keys/gateways.html", context)


@require_safe
@requires(Permission.GATEWAY_SEE)
def gateway(request: StaffRequest, uid: str) -> HttpResponse:
    """Show a gateway credential, and who changed it."""
    credential = access.find(request, _rows(), Permission.GATEWAY_SEE, uid=uid)
    now = timezone.now()
    is_open = not actions.gateway_problem(credential, now=now)
    reading = [reader for reader in readers.readers() if reader.credential == credential.uid]
    old = credential.overlap_secret
    context = {
        "credential": credential,
        "is_expired": credential.is_expired(at=now),
        "reading": [(reader, states.of_reader(reader, at=now)) for reader in reading],
        "old": old if old and not old.is_retired(at=now) else None,
        "secrets": [(secret, states.of_gateway_secret(secret, at=now)) for secret in credential.secrets.all()],
        "may_rotate": is_open and request.staff.can(Permission.GATEWAY_ROTATE, credential),
        "may_edit": is_open and request.staff.can(Permission.GATEWAY_EDIT, credential),
        "may_revoke": credential.revoked_at is None and request.staff.can(Permission.GATEWAY_REVOKE, credential),
        **_under(credential.name),
    }
    return render(request, "keys/gateway.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.GATEWAY_CREATE)
def create_gateway(request: StaffRequest) -> HttpResponse:
    """Make a gateway credential; its secret stands in this answer alone."""
    permission = Permission.GATEWAY_CREATE
    environments = _environments(request)
    wanted = GatewayCredential(environment=environments[0][0])
    form = pages.asked(forms.GatewayForm, request, permission, wanted, environments=environments)
    if pages.accepted(form, lambda: actions.create_gateway(actor=request.actor, **form.wanted)):
        proof.use(request, permission)
        credential, text = form.result
        context = {
            "credential": text,
            "said": f"Gateway credential {credential}. This is the only time it is shown.",
            "facts": _facts(credential),
            "lost": "Nobody can read the secret again. If it is lost, rotate it.",
            "done": reverse("keys:gateway", args=[credential.uid]),
            **_under("Secret"),
        }
        return pages.dialog(request, "keys/issued.html", context)
    return pages.dialog(request, "keys/create_gateway.html", _under("New credential"), form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.GATEWAY_SEE)
def revoke_gateway(request: StaffRequest, uid: str) -> HttpResponse:
    """Refuse a gateway credential from now on."""
    permission = Permission.GATEWAY_REVOKE
    credential = access.find(request, _rows(), permission, uid=uid)
    form = pages.asked(forms.RevokeGatewayForm, request, permission, credential)
    if pages.accepted(form, lambda: actions.revoke_gateway(credential=credential, actor=request.actor, **form.why)):
        return pages.done(request, reverse("keys:gateway", args=[uid]), f"Gateway credential {credential} is revoked.")
    context = {"credential": credential, **_under("Revoke")}
    back = reverse("keys:gateway", args=[uid])
    return pages.dialog(request, "keys/revoke_gateway.html", context, form=form, back=back)


def _is_current(row: tuple[readers.Reader, states.Seen]) -> bool:
    """Whether nothing is to be said of a reader: the others come first."""
    return row[1].tone == "ok"


def _facts(credential: GatewayCredential) -> list[tuple[str, str]]:
    expires = f"{credential.expires_at:%-d %b %Y, %H:%M} UTC" if credential.expires_at else "never"
    return [
        ("Environment", credential.get_environment_display()),
        ("May", ", ".join(credential.scopes)),
        ("Expires", expires),
    ]


def _under(title: str) -> dict[str, Any]:
    return pages.place(title, ("Gateways", reverse("keys:gateways")))


def _rows() -> GatewayCredentialQuerySet:
    return GatewayCredential.objects.select_related("use").prefetch_related("secrets")


def _environments(request: StaffRequest) -> list[tuple[str, str]]:
    """The environments for which this person may make credentials."""
    return [
        (value, label)
        for value, label in GatewayCredential.Environment.choices
        if policy.can(request.user, Permission.GATEWAY_CREATE, GatewayCredential(environment=value))
    ]
