"""The load asks what it was told to, as often as it was told, and counts every answer. Nothing here is timed."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench import load, payload

Seen = Counter[bytes]


class Echo(threading.Thread):
    """A server that answers a body with itself, or, where `answer` is given, with that."""

    def __init__(self, answer: bytes | None = None) -> None:
        super().__init__(daemon=True)
        self.answer = answer
        self.seen: Seen = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as received:
            while body := self._body(received):
                self.seen[body] += 1
                if self.answer == b"":
                    return
                client.sendall(self.answer or b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def _body(self, received) -> bytes:
        length = 0
        while (line := received.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return received.read(length)


@contextmanager
def serving(answer: bytes | None = None) -> Iterator[Echo]:
    server = Echo(answer)
    server.start()
    try:
        yield server
    finally:
        server.close()


def _plan(server: Echo, folder: Path, bodies: list[bytes], **more: Any) -> load.Plan:
    file = folder / "requests"
    file.write_bytes(payload.pack([payload.request("/", body, port=server.port) for body in bodies]))
    return load.Plan(server.port, str(file), **more)


def test_every_request_is_sent_once_and_every_answer_counted(tmp_path: Path) -> None:
    bodies = [b"body %d" % number for number in range(50)]
    with serving() as server:
        result = load.Load(_plan(server, tmp_path, bodies, connections=4, once=True, expect="body", keep=10)).run()
    assert server.seen == Counter(bodies)
    assert (result.answers, result.statuses, result.unexpected) == (50, {"200": 50}, 0)
    assert len(result.kept) == 5
    assert set(result.kept) <= {body.decode() for body in bodies}


def test_a_body_larger_than_the_socket_takes_arrives_whole(tmp_path: Path) -> None:
    bodies = [bytes([65 + number]) * 9_000_000 for number in range(3)]
    with serving() as server:
        result = load.Load(_plan(server, tmp_path, bodies, connections=3, once=True)).run()
    assert server.seen == Counter(bodies)
    assert result.answers == 3


def test_asking_for_a_time_draws_from_all_requests_and_forgets_the_warm_up(tmp_path: Path) -> None:
    bodies = [b"a", b"b", b"c"]
    with serving() as server:
        result = load.Load(_plan(server, tmp_path, bodies, connections=2, seconds=0.2, warm_up=0.1)).run()
    assert set(server.seen) == set(bodies)
    assert 0 < result.answers < server.seen.total()
    assert result.p50_ms <= result.p99_ms


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 7\r\n\r\nas told", "503"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nelse", "200"),
    ],
)
def test_an_answer_that_is_no_200_or_says_something_else_is_unexpected(
    tmp_path: Path, answer: bytes, status: str
) -> None:
    with serving(answer) as server:
        result = load.Load(_plan(server, tmp_path, [b"x"] * 5, once=True, expect="as told")).run()
    assert (result.answers, result.unexpected, result.statuses) == (5, 5, {status: 5})


def test_a_server_that_hangs_up_ends_the_load(tmp_path: Path) -> None:
    with serving(b"") as server, pytest.raises(ConnectionError):
        load.Load(_plan(server, tmp_path, [b"x"], once=True)).run()


@pytest.mark.parametrize(
    ("own", "server", "held_up"),
    [(0.95, 0.4, True), (0.95, None, True), (0.95, 0.95, False), (0.3, 0.2, False), (0.3, None, False)],
)
def test_the_load_was_the_bottleneck_where_it_had_no_time_left_and_the_server_had(
    own: float, server: float | None, held_up: bool
) -> None:
    assert load.was_bottleneck(own, server) is held_up
