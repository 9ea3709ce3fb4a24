"""Requests as the bytes that go over the wire, made before anything is measured. Pure."""

import json
from collections.abc import Sequence
from typing import NamedTuple


class Customer(NamedTuple):
    """One key: its organization's id, its public id, and the credential itself."""

    organization: str
    public_id: str
    credential: str


def ask(customer: Customer) -> bytes:
    """Write the body of a validate call as a gateway sends it. Without a request id: none is ever replayed."""
    call = {
        "credential": customer.credential,
        "organization": customer.organization,
        "api_version": "v2",
        "client_ip": "203.0.113.7",
        "user_agent": "python-requests/2.32",
    }
    return json.dumps(call).encode()


def request(path: str, body: bytes, *, port: int, authorization: str = "") -> bytes:
    """Write a POST of JSON for a keep-alive connection."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    head += f"Authorization: {authorization}\r\n" if authorization else ""
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def pack(parts: Sequence[bytes]) -> bytes:
    """Put many byte strings into one, each after its length."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def unpack(packed: bytes) -> list[bytes]:
    """Return the byte strings that were packed."""
    parts, at = [], 0
    while at < len(packed):
        length = int.from_bytes(packed[at : at + 4], "big")
        parts.append(packed[at + 4 : at + 4 + length])
        at += 4 + length
    return parts
