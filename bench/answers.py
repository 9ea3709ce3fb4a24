"""Reading HTTP/1.1 answers from a keep-alive connection. Pure: bytes in, an answer out."""

import re
from typing import NamedTuple

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_NEITHER = (204, 304)


class Answer(NamedTuple):
    """One answer of a server."""

    status: int
    body: bytes


def read(received: bytes) -> Answer | None:
    """Return the answer that these bytes are; None while it is not whole.

    Raises ValueError for what is no answer, has no length, or is followed by bytes that nobody asked for.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head, rest = received[:end], received[end + 4 :]
    status = _STATUS.match(head)
    if status is None:
        raise ValueError(f"This is no HTTP/1.1 answer: {head[:60]!r}")
    if _CHUNKED.search(head):
        body = _joined(rest)
        return None if body is None else Answer(int(status[1]), body)
    length = _length(head, int(status[1]))
    if len(rest) > length:
        raise ValueError(f"{len(rest) - length} bytes follow the answer.")
    return Answer(int(status[1]), rest) if len(rest) == length else None


def _length(head: bytes, status: int) -> int:
    found = _LENGTH.search(head)
    if found is None and status not in _NEITHER:
        raise ValueError("The answer does not say how long it is.")
    return int(found[1]) if found else 0


def _joined(rest: bytes) -> bytes | None:
    """Join the chunks of a body; None while the last one has not come."""
    parts: list[bytes] = []
    at = 0
    while True:
        line = rest.find(b"\r\n", at)
        if line < 0:
            return None
        size = int(rest[at:line].split(b";")[0], 16)
        at = line + 2 + size + 2
        if len(rest) < at:
            return None
        if size == 0:
            return _whole(parts, rest, at)
        parts.append(rest[line + 2 : at - 2])


def _whole(parts: list[bytes], rest: bytes, end: int) -> bytes:
    if len(rest) > end:
        raise ValueError(f"{len(rest) - end} bytes follow the answer.")
    return b"".join(parts)
