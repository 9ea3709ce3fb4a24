"""A batch goes to the intake server over its socket; what came of it is never guessed."""

import io
import itertools
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from axis_admin import fleet
from axis_admin.gateway import handing, inflight, intake, metrics
from keys.models import KeySecret
from metering.models import Generation
from tests.gateway.conftest import BeforeDjango, Gateway
from tests.gateway.generations.conftest import generation
from tests.stack import ROOT, clean_environ

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"summary":1}'
REFUSED = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 7\r\n"
    b"Server: somebody\r\nContent-Length: 2\r\n\r\n{}"
)


@pytest.fixture
def socket_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A socket's path is short.
    return tmp_path_factory.mktemp("s") / "i"


@contextmanager
def _listening(path: Path, *answers: bytes) -> Iterator[list[bytes]]:
    """Inside, somebody answers a call each with these bytes, whatever is asked; yields what was."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            for answer in answers:
                with server.accept()[0] as caller:
                    heard.append(_call(caller))
                    caller.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield heard
        thread.join(30)
        assert not thread.is_alive()


def _call(caller: socket.socket) -> bytes:
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += caller.recv(65_536)
    head, _, body = heard.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += caller.recv(65_536)
    return head + b"\r\n\r\n" + body


@pytest.fixture(params=["the view", "before Django"])
def reporting(db: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    if request.param == "before Django":
        monkeypatch.setattr(Gateway, "door", BeforeDjango)
    return Gateway()


def test_what_is_handed_over_is_the_body_and_who_reports(reporting: Gateway, settings: Any, socket_path: Path) -> None:
    settings.INTAKE_SOCKET = str(socket_path)
    # A caller's own headers say nothing of this.
    lies = {intake.GATEWAY: "somebody", intake.DRY_RUN: "true", intake.REQUEST_ID: "theirs"}
    with _listening(socket_path, OK) as heard:
        answer = reporting.post("generations", b'{"any": "bytes"}', headers=lies)
    head, _, body = heard[0].partition(b"\r\n\r\n")
    said = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert body == b'{"any": "bytes"}'
    assert (said[intake.GATEWAY], said[intake.DRY_RUN]) == (reporting.row.uid, "false")
    assert said[intake.REQUEST_ID] == answer.headers["X-Request-Id"]
    assert "Authorization" not in said
    assert (answer.status_code, answer.json(), answer.headers["Content-Type"]) == (
        200,
        {"summary": 1},
        "application/json",
    )
    assert inflight.calls.number == 0


def test_a_dry_run_is_handed_over_as_one(reporting: Gateway, settings: Any, socket_path: Path) -> None:
    settings.INTAKE_SOCKET = str(socket_path)
    with _listening(socket_path, OK) as heard:
        reporting.post("generations?dry_run=true", b"{}")
    assert f"{intake.DRY_RUN}: true".encode() in heard[0]


def test_a_refusal_comes_back_as_it_is(reporting: Gateway, settings: Any, socket_path: Path) -> None:
    settings.INTAKE_SOCKET = str(socket_path)
    with _listening(socket_path, REFUSED):
        answer = reporting.post("generations", b"{}")
    assert (answer.status_code, answer.headers["Retry-After"], answer.content) == (503, "7", b"{}")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Server" not in answer.headers


@pytest.mark.parametrize("answer", [b"", OK[:12], OK[:40], OK[:-5], b"nonsense\r\n\r\n"], ids=repr)
def test_what_nobody_knows_the_end_of_is_to_be_sent_again(
    reporting: Gateway, settings: Any, socket_path: Path, answer: bytes
) -> None:
    settings.INTAKE_SOCKET = str(socket_path)
    with _listening(socket_path, answer):
        told = reporting.post("generations", b"{}")
    assert (told.status_code, told.headers["Retry-After"]) == (503, "1")
    assert told.json()["type"] == "urn:axis:problem:cannot-tell"


def test_neither_is_one_that_takes_too_long(
    reporting: Gateway, settings: Any, socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INTAKE_SOCKET = str(socket_path)
    monkeypatch.setattr(handing, "PATIENCE_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(socket_path))
        nobody.listen()
        assert reporting.post("generations", b"{}").status_code == 503


def test_batches_that_wait_leave_threads_for_verdicts(
    reporting: Gateway, settings: Any, socket_path: Path, secret: KeySecret
) -> None:
    settings.INTAKE_SOCKET = str(socket_path)
    assert fleet.GATEWAY_THREADS - handing.MOST_AT_ONCE >= 2
    for _ in range(handing.MOST_AT_ONCE):
        handing._at_once.acquire()
    try:
        told = reporting.post("generations", b"{}")
        assert reporting.validate(secret)["code"] == "VALID"
    finally:
        handing._at_once.release(handing.MOST_AT_ONCE)
    assert (told.status_code, told.headers["Retry-After"]) == (429, "1")
    assert told.json()["type"] == "urn:axis:problem:too-many-calls"
    # Whatever came of those before, none is kept waiting by them.
    with _listening(socket_path, *[b"", OK] * handing.MOST_AT_ONCE):
        statuses = [reporting.post("generations", b"{}").status_code for _ in range(2 * handing.MOST_AT_ONCE)]
    assert statuses == [503, 200] * handing.MOST_AT_ONCE


@pytest.mark.parametrize("left_behind", [True, False])
def test_where_nobody_listens_the_gateway_judges_the_batch_itself(
    reporting: Gateway, settings: Any, socket_path: Path, secret: KeySecret, left_behind: bool
) -> None:
    settings.INTAKE_SOCKET = str(socket_path)
    if left_behind:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(socket_path))
    before = _counted_here()
    answer = reporting.post("generations", {"source": "gw-eu-1", "generations": [generation(secret)]})
    assert answer.json()["summary"]["accepted"] == 1
    assert Generation.objects.count() == 1
    assert _counted_here() == before + 1


def _counted_here() -> float:
    return metrics.COUNTED_HERE._value.get()


def test_a_fault_nobody_foresaw_names_the_request(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def fail(*arguments: Any) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(intake.reports, "count", fail)
    monkeypatch.setattr(intake, "close_old_connections", lambda: None)
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": "2",
        "HTTP_X_AXIS_GATEWAY": "gw",
        "HTTP_X_AXIS_DRY_RUN": "false",
    }
    said: list[Any] = []
    body = intake.application(
        {**environ, "HTTP_X_REQUEST_ID": "the-id", "wsgi.input": io.BytesIO(b"{}")}, lambda *head: said.extend(head)
    )
    assert said[0] == "500 Internal Server Error"
    assert json.loads(b"".join(body))["type"] == "urn:axis:problem:internal-error"
    assert [record.request.id for record in caplog.records if record.exc_info] == ["the-id"]


@pytest.fixture
def program(socket_path: Path, tmp_path: Path) -> Callable[[str], "subprocess.CompletedProcess[str]"]:
    def run(path: str) -> "subprocess.CompletedProcess[str]":
        environ = clean_environ(AXIS_VAR=str(tmp_path), AXIS_INTAKE_SOCKET=path, PYTHONPATH=str(ROOT))
        command = [sys.executable, "-m", "axis_admin.intake"]
        return subprocess.run(command, env=environ, check=False, capture_output=True, text=True, timeout=120)

    return run


def test_without_an_address_it_says_what_is_missing(program: Any) -> None:
    done = program("")
    assert done.returncode == 1
    assert done.stderr.startswith("AXIS_INTAKE_SOCKET is not set")
    assert len(done.stderr.splitlines()) == 1


def test_a_second_one_does_not_take_the_first_one_s_place(program: Any, socket_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as first:
        first.bind(str(socket_path))
        first.listen()
        done = program(str(socket_path))
    assert (done.returncode, done.stderr) == (1, f"Somebody listens on {socket_path} already.\n")
    assert socket_path.exists()


def test_it_is_served_by_a_process_for_each_core_that_takes_no_more_than_it_has_threads_for() -> None:
    command = fleet.intake(Path("/run/i.sock"), workers=3)
    said = dict(itertools.pairwise(command))
    assert (said["--uds"], said["--uds-permissions"], said["--workers"]) == ("/run/i.sock", "0600", "3")
    assert said["--backpressure"] == said["--blocking-threads"]
    assert command[-1] == "axis_admin.intake.wsgi:application"
    assert "--port" not in command
