"""The door before Django's: the usual validate is answered here, the usual batch handed to the intake server.

Both doors share who may call, what a body is, the answer, what is counted, and errors. Whatever this one does not know
how to answer it hands on untouched: another method or content type, a body in chunks, a credential that is refused.
"""

import io
import time
from collections.abc import Callable, Iterable, Mapping

from django.db import DatabaseError, InterfaceError

from axis_admin.gateway import authentication, bodies, envelopes, handing, inflight, metrics, plain, verdict
from axis_admin.gateway.base import GatewayView
from axis_admin.gateway.plain import Answer, Environ, StartResponse
from axis_admin.gateway.problems import Problem
from axis_admin.gateway.views import Generations, Validate
from axis_admin.middleware import request_id
from keys.facts import GatewayIdentity

Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

VALIDATE, GENERATIONS = "/gateway/v1/keys/validate", "/gateway/v1/generations"


def before(application: Wsgi) -> Wsgi:
    """Return the same WSGI application with this door before it."""

    def call(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer = _answered(environ, start_response)
        return application(environ, start_response) if answer is None else answer

    return call


# Told a body, whose call it is and the request's id, it answers, or leaves it to the view.
Asked = Callable[[bytes, GatewayIdentity, str], Answer | None]


def _answered(environ: Environ, start_response: StartResponse) -> list[bytes] | None:
    """Answer the call, or return None and leave it as it was."""
    view, ask = _ANSWERED.get(environ["PATH_INFO"], (None, None))
    if view is None or ask is None or environ["REQUEST_METHOD"] != "POST" or environ["QUERY_STRING"]:
        return None
    began = time.perf_counter()
    length = _length(environ)
    gateway = _gateway(environ, view.scope) if length else None
    if length is None or gateway is None or not inflight.calls.enter(gateway.uid):
        return None
    id = request_id.made()
    try:
        answer = ask(_read(environ, length), gateway, id)
    finally:
        inflight.calls.leave(gateway.uid)
    if answer is None:
        return None
    metrics.count_call(view.endpoint, int(answer.status[:3]), began=began)
    return answer.send(start_response, (request_id.HEADER, id))


def _length(environ: Environ) -> int | None:
    """Return how long the body is, where it is one that is read in one piece here."""
    announced = environ.get("CONTENT_LENGTH") or ""
    if not announced.isdecimal() or not announced.isascii() or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != plain.JSON:
        return None
    length = int(announced)
    return length if 0 < length <= bodies.LARGEST else None


def _gateway(environ: Environ, scope: str) -> GatewayIdentity | None:
    try:
        gateway = authentication.authenticated(environ)
        authentication.check_scope(gateway, scope)
    except Problem as problem:
        environ[authentication.DONE] = problem
        return None
    except (DatabaseError, InterfaceError):
        return None
    environ[authentication.DONE] = gateway
    return gateway


def _read(environ: Environ, length: int) -> bytes:
    body: bytes = environ["wsgi.input"].read(length)
    # The view may have to read it once more.
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _verdict(body: bytes, gateway: GatewayIdentity, id: str) -> Answer | None:
    try:
        ask = envelopes.ask_at_once(body)
    except envelopes.NOT_AS_IT_SHOULD_BE:
        # The view says which field is wrong.
        return None
    return plain.answer(verdict.of, ask, gateway, id=id)


def _batch(body: bytes, gateway: GatewayIdentity, id: str) -> Answer | None:
    return handing.hand(body, gateway=gateway.uid, dry_run=False, id=id)


_ANSWERED: Mapping[str, tuple[type[GatewayView], Asked]] = {
    VALIDATE: (Validate, _verdict),
    GENERATIONS: (Generations, _batch),
}
