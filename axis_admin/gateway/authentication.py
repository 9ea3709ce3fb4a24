"""The gateway proves itself: its bearer credential, the address it calls from, and the scope of what it asks."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from axis_admin.gateway.problems import Problem
from keys import asks, known, uses
from keys.facts import GatewayIdentity

# Where the door before Django leaves what came of it, for a call that it hands on.
DONE = "axis.authentication"
REALM = 'Bearer realm="gateway"'
# What was given is not repeated, and nothing tells a wrong credential from one that has ended.
REFUSED = 'Bearer realm="gateway", error="invalid_token"'


class GatewayBearer(BaseAuthentication):
    """Sets `request.user` to the GatewayIdentity; raises Problem for everybody else."""

    def authenticate(self, request: Request) -> tuple[GatewayIdentity, None]:
        return authenticated(request.META), None

    def authenticate_header(self, request: Request) -> str:
        return REALM


def authenticated(environ: Mapping[str, Any]) -> GatewayIdentity:
    """Return whose call this is, by its WSGI environ; raises Problem where nobody's."""
    done: GatewayIdentity | Problem | None = environ.get(DONE)
    if isinstance(done, Problem):
        raise done
    return done or _authenticated(environ)


def _authenticated(environ: Mapping[str, Any]) -> GatewayIdentity:
    now = datetime.now(UTC)
    gateway = _live(environ.get("HTTP_AUTHORIZATION", ""), now)
    # Which interface a neighbour called on says nothing about who it is.
    address = environ.get("REMOTE_ADDR", "").partition("%")[0]
    if not _may_call_from(gateway, address):
        raise Problem("forbidden", "The credential may not be used from this address.")
    uses.note_gateway(gateway.uid, address=address, at=now)
    return gateway


def check_scope(gateway: GatewayIdentity, scope: str) -> None:
    """Raise Problem where the credential does not carry the scope."""
    if scope not in gateway.scopes:
        challenge = f'{REALM}, error="insufficient_scope", scope="{scope}"'
        headers = {"WWW-Authenticate": challenge}
        raise Problem("forbidden", f"The credential lacks the scope {scope}.", headers=headers)


def _live(header: str, now: datetime) -> GatewayIdentity:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        detail = "Send Authorization: Bearer with the gateway's credential."
        raise Problem("unauthorized", detail, headers={"WWW-Authenticate": REALM})
    gateway = known.gateway(text.strip())
    if gateway is not None and gateway.is_live(at=now):
        return gateway
    detail = "The credential is unknown, expired or revoked."
    raise Problem("unauthorized", detail, headers={"WWW-Authenticate": REFUSED})


def _may_call_from(gateway: GatewayIdentity, text: str) -> bool:
    if not gateway.allowed:
        return True
    try:
        address = asks.address(text)
    except ValueError:
        return False
    return any(address in network for network in gateway.allowed)
