"""How much of a request's body is read: all of a good one, and the rest of a refused one."""

import contextlib
import io

from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.request import Request

from axis_admin.gateway.problems import Problem

LARGEST = 1024 * 1024
# Of a body that is refused so much is read away; a larger one is cut off with its connection.
LARGEST_DRAINED = 8 * LARGEST
_PIECE = 64 * 1024


def read(request: Request) -> bytes:
    """Return the body; raises Problem where it is larger than the contract allows."""
    # Asked of what it wraps, because the wrapper hands on each question for so much more.
    asked: HttpRequest = request._request
    _measure_chunks(asked)
    announced = asked.META.get("CONTENT_LENGTH") or "0"
    if announced.isdecimal() and int(announced) > LARGEST:
        raise Problem("too-large", f"A body may have {LARGEST} bytes.")
    media_type = str(asked.META.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    if media_type not in ("", "application/json"):
        raise exceptions.UnsupportedMediaType(media_type)
    # Not by way of `data`, which would look for a form in it.
    return bytes(asked.read())


def drain(request: HttpRequest) -> None:
    """Read away what is left of a refused body: unread, it would end the connection before the answer is seen."""
    stream = request.META["wsgi.input"] if _is_chunked(request) else request._stream
    with contextlib.suppress(OSError):
        for _ in range(LARGEST_DRAINED // _PIECE):
            if not stream.read(_PIECE):
                return


def _is_chunked(request: HttpRequest) -> bool:
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def _measure_chunks(request: HttpRequest) -> None:
    """Give a body in chunks the length that it did not announce: without one Django takes it for empty."""
    if _is_chunked(request):
        body = request.META["wsgi.input"].read(LARGEST + 1)
        request.META["CONTENT_LENGTH"] = str(len(body))
        request._stream = io.BytesIO(body)
