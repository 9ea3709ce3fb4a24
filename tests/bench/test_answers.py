"""The load reads HTTP answers by itself: what it takes for whole must be whole."""

import pytest

from bench import answers
from bench.answers import Answer

PLAIN = b'HTTP/1.1 200 OK\r\nServer: granian\r\nContent-Length: 13\r\n\r\n{"valid":true}'[:-1]
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'5;note=x\r\n{"val\r\n9\r\nid":true}\r\n0\r\n\r\n'
)  # fmt: skip


def test_an_answer_of_a_known_length_is_read() -> None:
    assert answers.read(PLAIN) == Answer(200, b'{"valid":true')


def test_an_answer_in_chunks_is_joined() -> None:
    assert answers.read(CHUNKED) == Answer(200, b'{"valid":true}')


@pytest.mark.parametrize("whole", [PLAIN, CHUNKED])
def test_no_part_of_an_answer_is_taken_for_the_whole(whole: bytes) -> None:
    assert [answers.read(whole[:length]) for length in range(len(whole))] == [None] * len(whole)


def test_an_answer_without_a_body_is_read() -> None:
    assert answers.read(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") == Answer(200, b"")
    assert answers.read(b"HTTP/1.1 204 No Content\r\n\r\n") == Answer(204, b"")


def test_the_status_is_the_server_s() -> None:
    found = answers.read(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}")
    assert found == Answer(503, b"{}")


def test_a_length_in_the_body_is_not_the_answer_s() -> None:
    body = b"\r\ncontent-length: 999\r\n"
    whole = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    assert answers.read(whole) == Answer(200, body)


@pytest.mark.parametrize(
    ("received", "message"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP/1.1 answer"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "how long"),
        (PLAIN + b"HTTP/1.1 200", "12 bytes follow"),
        (CHUNKED + b"\n", "1 bytes follow"),
    ],
)
def test_what_is_no_single_answer_is_refused(received: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        answers.read(received)
