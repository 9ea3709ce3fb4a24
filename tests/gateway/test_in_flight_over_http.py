"""Too many calls of one gateway at once, over HTTP and over both worker processes."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.test_over_http import JSON, Caller
from tests.stack import running

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("stack"),
    pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc"),
]
BODY = json.dumps({"credential": "nothing of ours", "organization": "o", "api_version": "v1"}).encode()
# So many that each of the workers gets some.
TRIES = 24


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with running(tmp_path_factory.mktemp("flight") / "var", "--no-demo", AXIS_CALLS_IN_FLIGHT="1") as stack:
        yield Caller(stack)


def test_while_one_call_is_under_way_another_is_a_429(caller: Caller) -> None:
    with socket.create_connection(("127.0.0.1", caller.stack.gateway_port), timeout=30) as slow:
        head = f"POST /gateway/v1/keys/validate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {JSON['Content-Type']}\r\n"
        head += f"Authorization: Bearer {caller.credential}\r\nContent-Length: {len(BODY)}\r\n\r\n"
        # It has begun to send, and takes its time.
        slow.sendall(head.encode() + BODY[:10])
        # Once both workers have seen each other, whichever is asked refuses.
        end = time.monotonic() + 30
        while (found := {_refused(caller) for _ in range(TRIES)}) != {(429, "1", "urn:axis:problem:too-many-calls")}:
            assert time.monotonic() < end, found
        slow.sendall(BODY[10:])
        answer = http.client.HTTPResponse(slow)
        answer.begin()
        assert json.loads(answer.read())["code"] == "MALFORMED"
    assert caller.validate(caller.connect()) == "VALID"


def _refused(caller: Caller) -> tuple[int, str | None, str]:
    connection = caller.connect()
    bearer = {"Authorization": f"Bearer {caller.credential}"}
    connection.request("POST", "/gateway/v1/keys/validate", BODY, {**bearer, **JSON})
    answer = connection.getresponse()
    return answer.status, answer.headers["Retry-After"], json.loads(answer.read()).get("type", "")
