"""Whoever sends slowly keeps nobody waiting: over HTTP, at the staff site and at the customers' door."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from axis_admin import doorstep, fleet
from tests.stack import ROOT, Stack, clean_environ, free_ports, running

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("stack"),
    pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc"),
]
SLOW = 300
HEAD = "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n{more}\r\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("slow") / "var", "--no-demo") as one:
        yield one


@pytest.fixture(scope="module")
def door(stack: Stack) -> Iterator[int]:
    """The port of the customers' door, beside the stack."""
    (port,) = free_ports(1)
    environ = clean_environ(AXIS_SURFACE="delivery", AXIS_VAR=str(stack.var))
    command = [sys.executable, "-m", *fleet._pages(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 120
        while not _listens(port):
            assert time.monotonic() < end
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _begin(port: int, path: str, more: str = "Content-Length: 1000\r\n", body: bytes = b"") -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=90)
    one.sendall(HEAD.format(path=path, more=more).encode() + body)
    return one


def _answer(one: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(one)
    answer.begin()
    return answer


def _get(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def _status(connection: http.client.HTTPConnection) -> int:
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _answers_beside_slow_bodies(port: int, path: str) -> None:
    began = time.monotonic()
    with ExitStack() as open_ones:
        slow = [open_ones.enter_context(_begin(port, path)) for _ in range(SLOW)]
        assert _get(port, "/healthz").status == 200
        assert _get(port, "/readyz").status == 200
        assert time.monotonic() - began < doorstep.READ_SECONDS
        # They are not waited for either.
        assert {_answer(one).status for one in slow[:3]} == {408}


def test_the_staff_site_answers_beside_hundreds_of_slow_bodies(stack: Stack) -> None:
    _answers_beside_slow_bodies(stack.port, "/sign-in/")


def test_the_customers_door_answers_beside_hundreds_of_slow_bodies(door: int) -> None:
    _answers_beside_slow_bodies(door, "/d/lnk_0123456789ab")


def test_a_body_in_pieces_is_read_to_its_end(door: int) -> None:
    with _begin(door, "/d/lnk_0123456789ab", body=b"token=") as one:
        time.sleep(0.3)
        one.sendall(b"x" * 994)
        assert _answer(one).status == 404
    with _begin(door, "/d/lnk_0123456789ab", more="Transfer-Encoding: chunked\r\n") as one:
        one.sendall(b"6\r\ntoken=\r\n0\r\n\r\n")
        assert _answer(one).status == 404


def test_more_than_the_door_takes_is_refused_and_says_so(door: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", door, timeout=30)
    connection.request("POST", "/d/lnk_0123456789ab", b"x" * 5_000_000)
    assert _status(connection) == 413
    connection.request("POST", "/d/lnk_0123456789ab", iter([b"x" * 70_000] * 3), encode_chunked=True)
    assert _status(connection) == 413
    with _begin(door, "/d/lnk_0123456789ab", more="Transfer-Encoding: chunked\r\n", body=b"no length\r\n") as one:
        assert _answer(one).status == 400


def test_static_files_are_whole_also_in_part(stack: Stack) -> None:
    page = _get(stack.port, "/sign-in/").read().decode()
    address = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    whole = _get(stack.port, address)
    content = whole.read()
    assert whole.status == 200
    assert len(content) == int(whole.headers["Content-Length"]) > 1000
    part = _get(stack.port, address, Range="bytes=10-99")
    assert (part.status, part.read()) == (206, content[10:100])
