"""The door before Django's: the usual POST keys/validate is answered here, everything else by the view.

Both doors share who may call, what a body is, the verdict, what is counted, and errors. Whatever this one does not know
how to answer it hands on untouched: another method or content type, a body in chunks, a credential that is refused.
"""

import io
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse

from axis_admin.gateway import authentication, bodies, envelopes, inflight, metrics, problems, verdict
from axis_admin.gateway.problems import Problem
from axis_admin.gateway.views import Validate
from axis_admin.middleware import request_id
from keys.asks import Ask
from keys.facts import GatewayIdentity

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

PATH = "/gateway/v1/keys/validate"
_JSON = "application/json"
_HEADERS = [("Content-Type", _JSON), ("Cache-Control", "no-store")]


def before(application: Wsgi) -> Wsgi:
    """Return the same WSGI application with this door before it."""

    def call(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH and environ["REQUEST_METHOD"] == "POST":
            answer = _answered(environ, start_response)
            if answer is not None:
                return answer
        return application(environ, start_response)

    return call


def _answered(environ: Environ, start_response: StartResponse) -> list[bytes] | None:
    """Answer the call, or return None and leave it as it was."""
    began = time.perf_counter()
    length = _length(environ)
    gateway = _gateway(environ) if length else None
    if length is None or gateway is None or not inflight.calls.enter(gateway.uid):
        return None
    try:
        ask = _ask(environ, length)
        return None if ask is None else _told(ask, gateway, start_response, began)
    finally:
        inflight.calls.leave(gateway.uid)


def _length(environ: Environ) -> int | None:
    """Return how long the body is, where it is one that is read in one piece here."""
    announced = environ.get("CONTENT_LENGTH") or ""
    if not announced.isdecimal() or not announced.isascii() or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != _JSON:
        return None
    length = int(announced)
    return length if 0 < length <= bodies.LARGEST else None


def _gateway(environ: Environ) -> GatewayIdentity | None:
    try:
        gateway = authentication.authenticated(environ)
        authentication.check_scope(gateway, Validate.scope)
    except Problem as problem:
        environ[authentication.DONE] = problem
        return None
    except (DatabaseError, InterfaceError):
        return None
    environ[authentication.DONE] = gateway
    return gateway


def _ask(environ: Environ, length: int) -> Ask | None:
    body = environ["wsgi.input"].read(length)
    try:
        return envelopes.ask_at_once(body)
    except envelopes.NOT_AS_IT_SHOULD_BE:
        # The view reads it once more, and says which field is wrong.
        environ["wsgi.input"] = io.BytesIO(body)
        return None


def _told(ask: Ask, gateway: GatewayIdentity, start_response: StartResponse, began: float) -> list[bytes]:
    id = request_id.made()
    try:
        status, headers, body = "200 OK", _HEADERS, verdict.of(ask, gateway)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is answered as the view would
        response = problems.handle(error, {"request": _Named(id)})
        status, headers, body = _unpacked(response)
    metrics.count_call(Validate.endpoint, int(status[:3]), began=began)
    start_response(status, [*headers, (request_id.HEADER, id)])
    return [body]


def _unpacked(response: HttpResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    return f"{response.status_code} {response.reason_phrase}", list(response.items()), response.content


class _Named:
    """A request as the log sees it."""

    method = "POST"

    def __init__(self, id: str) -> None:
        self.id = id
