"""Requests as bytes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bench import payload
from bench.payload import Customer
from keys import asks


@given(st.lists(st.binary(max_size=300)))
def test_what_is_packed_is_unpacked(parts: list[bytes]) -> None:
    assert payload.unpack(payload.pack(parts)) == parts


def test_a_request_says_how_long_it_is_and_who_asks() -> None:
    head, _, body = payload.request("/path", b"{}", port=80, authorization="Bearer x").partition(b"\r\n\r\n")
    assert body == b"{}"
    assert head.split(b"\r\n") == [
        b"POST /path HTTP/1.1", b"Host: 127.0.0.1:80", b"Content-Type: application/json", b"Authorization: Bearer x",
        b"Content-Length: 2",
    ]  # fmt: skip


def test_nobody_is_named_where_nobody_asks() -> None:
    assert b"Authorization" not in payload.request("/", b"", port=80)


def test_an_ask_is_one_that_the_gateway_may_send() -> None:
    body = payload.ask(Customer("org_1", "8f3KQ2mZr01B", "axk_live_8f3KQ2mZr01B_x"))
    read = asks.Ask(**json.loads(body))
    assert (read.organization, read.credential, read.spends) == ("org_1", "axk_live_8f3KQ2mZr01B_x", True)
    # With an id of its own each repetition would be a replay, which spends nothing.
    assert read.request_id is None
