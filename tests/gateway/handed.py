"""A batch handed to the intake server and answered in the same transaction: what lies between the two is bytes."""

import http.client
import io
from typing import Any

from axis_admin.gateway import intake


class Connection:
    """What handing.py asks of a connection; the other end is the intake's application itself."""

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        length = str(len(body))
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": length, **named}
        self._said: list[Any] = []
        self._body = intake.application(
            {**environ, "wsgi.input": io.BytesIO(body)}, lambda status, headers: self._said.extend((status, headers))
        )

    def getresponse(self) -> http.client.HTTPResponse:
        status, headers = self._said
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        answer = http.client.HTTPResponse(_Sent(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + b"".join(self._body)))  # type: ignore[arg-type]
        answer.begin()
        return answer

    def close(self) -> None:
        """Nothing is open."""


class _Sent:
    """A socket from which these bytes are read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
