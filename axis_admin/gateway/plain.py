"""Answers without Django's request around them: what is asked is done, and whatever it raises is a problem document."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from axis_admin.gateway import problems

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
JSON = "application/json"
_HEADERS = (("Content-Type", JSON), ("Cache-Control", "no-store"))


@dataclass(frozen=True)
class Answer:
    """A status line, headers and a body, as WSGI wants them."""

    status: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def as_response(self) -> HttpResponse:
        """Return the same for Django."""
        status = int(self.status.partition(" ")[0])
        return HttpResponse(self.body, status=status, headers=dict(self.headers))

    def send(self, start_response: StartResponse, *further: tuple[str, str]) -> list[bytes]:
        """Begin the response with these headers besides; returns what WSGI iterates over."""
        start_response(self.status, [*self.headers, *further])
        return [self.body]


def answer(ask: Callable[..., bytes], *arguments: Any, id: str) -> Answer:
    """Return what was asked as a 200, or the problem that it raised; `id` is the request's, for the log."""
    try:
        return Answer("200 OK", _HEADERS, ask(*arguments))
    except Exception as error:  # noqa: BLE001 - whatever it was, it is answered as a view would
        return _of(problems.handle(error, {"request": Named(id)}))


def problem(problem: problems.Problem) -> Answer:
    """Return the problem as an answer."""
    return _of(problem.as_response())


def _of(response: HttpResponse) -> Answer:
    status = f"{response.status_code} {response.reason_phrase}"
    return Answer(status, list(response.items()), response.content)


class Named:
    """A request as the log sees it."""

    method = "POST"

    def __init__(self, id: str) -> None:
        self.id = id
