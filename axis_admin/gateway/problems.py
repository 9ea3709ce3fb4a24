"""Every error of this surface is a problem document (RFC 9457) that names the fields at fault."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, SuspiciousOperation, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions

from audit import wording

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
LONGEST_DETAIL = 200
TITLES = {
    "invalid-request": (HTTPStatus.BAD_REQUEST, "The request is not what the contract says"),
    "request-id-reused": (HTTPStatus.BAD_REQUEST, "The request id was used with other values"),
    "unauthorized": (HTTPStatus.UNAUTHORIZED, "The gateway's credential is missing or not valid"),
    "forbidden": (HTTPStatus.FORBIDDEN, "The gateway's credential does not allow this"),
    "not-found": (HTTPStatus.NOT_FOUND, "There is nothing at this address"),
    "method-not-allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "This address does not know the method"),
    "forgotten": (HTTPStatus.GONE, "The change feed does not go back that far any more"),
    "over": (HTTPStatus.GONE, "The running job has ended"),
    "too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large"),
    "unsupported-media-type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not application/json"),
    "too-many-calls": (HTTPStatus.TOO_MANY_REQUESTS, "Too many calls of this gateway at once"),
    "internal-error": (HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side"),
    "cannot-tell": (HTTPStatus.SERVICE_UNAVAILABLE, "A store is down: no verdict was reached"),
}


class Problem(Exception):
    """A call that is refused. `kind` is one of TITLES; `errors` are (field, what is wrong with it)."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors, self.headers = kind, detail, errors, headers or {}

    @property
    def status(self) -> HTTPStatus:
        return TITLES[self.kind][0]

    def as_response(self) -> HttpResponse:
        document = {
            "type": f"urn:axis:problem:{self.kind}",
            "title": TITLES[self.kind][1],
            "status": self.status,
            "detail": self.detail,
            # A fault may quote what was sent.
            "errors": [
                {"field": field, "detail": wording.neutral(detail, LONGEST_DETAIL)} for field, detail in self.errors
            ],
        }
        headers = {"Cache-Control": "no-store", **self.headers}
        return HttpResponse(orjson.dumps(document), status=self.status, content_type=CONTENT_TYPE, headers=headers)


def invalid(errors: Sequence[tuple[str, str]], detail: str = "") -> Problem:
    """Name every field at fault."""
    named = ", ".join(field for field, _ in errors if field)
    return Problem("invalid-request", detail or f"Look at {named or 'the body'}.", errors=errors)


def cannot_tell() -> Problem:
    """Say that a store is down, and when to ask again."""
    return Problem("cannot-tell", "A store is down. Ask again.", headers={"Retry-After": "1"})


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer whatever a view raised; what nobody foresaw is logged and told without its details."""
    return _problem(error, context["request"]).as_response()


def _problem(error: Exception, request: Any) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.MethodNotAllowed):
        return Problem("method-not-allowed", f"{request.method} is not known here.")
    if isinstance(error, exceptions.UnsupportedMediaType):
        return Problem("unsupported-media-type", "Send the body as application/json.")
    if isinstance(error, (Http404, exceptions.NotFound)):
        return Problem("not-found", "Look at the paths in openapi.json.")
    if isinstance(error, (PermissionDenied, exceptions.PermissionDenied)):
        return Problem("forbidden", "This is not allowed.")
    if isinstance(error, ValidationError):
        return invalid(_refused(error))
    if isinstance(error, (exceptions.ParseError, SuspiciousOperation, UnreadablePostError)):
        return Problem("invalid-request", "The body cannot be read.")
    if isinstance(error, (OperationalError, InterfaceError)):
        logger.warning("the database is down: %s", error)
        return cannot_tell()
    logger.error("a call of a gateway failed", exc_info=error, extra={"request": request})
    return Problem("internal-error", "It was logged under this answer's X-Request-Id.")


def _refused(error: ValidationError) -> list[tuple[str, str]]:
    """What an action refuses, as the fields at fault."""
    named = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return [("" if field == NON_FIELD_ERRORS else field, said) for field, all in named.items() for said in all]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address that does not exist."""
    return Problem("not-found", "Look at the paths in openapi.json.").as_response()


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what failed outside of any view."""
    return Problem("internal-error", "It was logged under this answer's X-Request-Id.").as_response()


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what was refused before any view was asked."""
    return Problem("invalid-request", "The request cannot be read.").as_response()
