"""Every request gets an id of its own, and every answer carries it."""

import random
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-Id"


class RequestId:
    """Sets `request.id`. An id sent from outside is never taken over: it would let a caller name another's records."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = made()  # type: ignore[attr-defined]
        response = self.get_response(request)
        response[HEADER] = request.id  # type: ignore[attr-defined]
        return response


def made() -> str:
    """Return an id that no other request has."""
    # Not asked of the system, which would let another thread go first; what matters is that no two are alike.
    return f"{random.getrandbits(128):032x}"
