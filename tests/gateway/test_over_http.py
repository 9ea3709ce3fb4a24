"""The running stack, called over HTTP by several clients, and in ways that a test client does not call."""

import contextlib
import http.client
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from audit import uuid7
from axis_admin import embedded, processes
from axis_admin.intake import connection
from tests.gateway.conftest import rfc3339
from tests.stack import Stack, running

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("stack"),
    pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc"),
]
JSON = {"Content-Type": "application/json"}


class Caller:
    """A gateway, an organization on the pilot plan and its key, made by the commands."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.organization = self._made("create_org", "Halide", "--plan", "pilot")
        self.key = self._made("issue_key", self.organization, "prod", "--environment", "live", "--api-version", "v2")
        self.credential = self._made("create_gateway", "gw-eu-1")

    def _made(self, *arguments: str) -> str:
        done = self.stack.manage(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.stack.gateway_port, timeout=30)

    def post(self, connection: http.client.HTTPConnection, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        sent = json.dumps(body) if isinstance(body, dict) else body
        bearer = {"Authorization": f"Bearer {self.credential}"}
        connection.request("POST", f"/gateway/v1/{path}", sent, {**bearer, **JSON, **headers})
        answer = connection.getresponse()
        assert answer.headers["X-Request-Id"]
        return answer.status, json.loads(answer.read())

    def validate(self, connection: http.client.HTTPConnection) -> str:
        return str(self.verdict(connection)["code"])

    def verdict(self, connection: http.client.HTTPConnection) -> Any:
        body = {"credential": self.key, "organization": self.organization, "api_version": "v2"}
        status, answer = self.post(connection, "keys/validate", body)
        assert status == 200, answer
        return answer


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with running(tmp_path_factory.mktemp("http") / "var", "--no-demo") as stack:
        yield Caller(stack)


def test_many_callers_at_once_are_admitted_no_more_than_the_burst_and_the_rate(caller: Caller) -> None:
    def ask(times: int) -> list[Any]:
        connection = caller.connect()
        return [caller.verdict(connection) for _ in range(times)]

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        verdicts = [verdict for found in pool.map(ask, [10] * 8) for verdict in found]
    # On a machine that is busy some may be admitted uncounted, and say so.
    codes = Counter(verdict["code"] for verdict in verdicts if not verdict["degraded"])
    # The pilot plan: v2 with a burst of 5 and 30 a minute.
    assert set(codes) == {"VALID", "RATE_LIMITED"}
    assert 5 <= codes["VALID"] <= 5 + (time.monotonic() - began) * 30 / 60 + 1


def _reported(caller: Caller) -> tuple[int, int]:
    """Report a new generation; returns the status, and how many were accepted."""
    now = timezone.now()
    item = {
        "generation_id": str(uuid7.make(now)),
        "organization": caller.organization,
        "key": caller.key.split("_")[2],
        "api_version": "v2",
        "outcome": "succeeded",
        "units": 3,
        "occurred_at": rfc3339(now),
    }
    status, answer = caller.post(caller.connect(), "generations", {"source": "gw-eu-1", "generations": [item]})
    return status, answer["summary"]["accepted"] if status == 200 else 0


def test_a_reported_generation_is_in_the_usage(caller: Caller) -> None:
    assert _reported(caller) == (200, 1)
    usage = json.loads(caller.stack.manage("usage", caller.organization, "--json").stdout)
    assert usage["succeeded"] == {"v1": 0, "v2": 1}
    assert usage["units"]["v2"] == 3


def test_batches_are_counted_while_the_intake_server_is_away_and_when_it_is_back(caller: Caller) -> None:
    socket = embedded.intake_socket(caller.stack.var)
    found = [pid for pid, command in caller.stack.processes().items() if "axis_admin.intake.wsgi" in command]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _await(lambda: not processes.answers(socket) or connection.is_ready(str(socket)))
    assert _reported(caller) == (200, 1)
    caller.stack.await_text("intake ended with signal 9", seconds=30)
    _await(lambda: connection.is_ready(str(socket)))
    assert _reported(caller) == (200, 1)


def _await(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "did not happen within a minute"
        time.sleep(0.05)


def test_a_body_sent_in_chunks_is_read(caller: Caller) -> None:
    body = json.dumps({"credential": "nothing of ours", "organization": "o", "api_version": "v1"}).encode()
    connection = caller.connect()
    chunks = [body[:10], body[10:]]
    headers = {"Authorization": f"Bearer {caller.credential}", **JSON}
    connection.request("POST", "/gateway/v1/keys/validate", iter(chunks), headers, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    assert json.loads(answer.read())["code"] == "MALFORMED"


def test_a_body_in_chunks_that_is_too_large_is_a_413(caller: Caller) -> None:
    connection = caller.connect()
    headers = {"Authorization": f"Bearer {caller.credential}", **JSON}
    chunks = (b" " * 65_536 for _ in range(40))
    connection.request("POST", "/gateway/v1/keys/validate", chunks, headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["status"]) == (413, 413)
    assert caller.validate(connection) in ("VALID", "RATE_LIMITED")


def test_a_connection_stays_usable_after_every_kind_of_refusal(caller: Caller) -> None:
    connection = caller.connect()
    statuses = [
        caller.post(connection, "keys/validate", b"no JSON")[0],
        caller.post(connection, "keys/validate", b" " * 3_000_000)[0],
        caller.post(connection, "keys/validate", {}, Authorization="Bearer wrong")[0],
        caller.post(connection, "nothing", {})[0],
        caller.post(connection, "generations", b"a" * 900_000, **{"Content-Type": "text/plain"})[0],
    ]
    assert statuses == [400, 413, 401, 404, 415]
    assert caller.validate(connection) in ("VALID", "RATE_LIMITED")


def test_the_document_and_its_page_are_served_without_a_credential(caller: Caller) -> None:
    for path in ("openapi.json", "docs", "docs/swagger-ui-bundle.js"):
        connection = caller.connect()
        connection.request("GET", f"/gateway/v1/{path}")
        assert connection.getresponse().status == 200


def test_the_metrics_of_all_workers_are_summed(caller: Caller) -> None:
    valid, accepted = 'axis_validate_verdicts_total{code="VALID"}', 'axis_ingested_generations_total{status="accepted"}'
    before = _metrics(caller)
    assert _reported(caller) == (200, 1)

    def counted() -> bool:
        # Once a second, and some of these are refused: the limit is 30 a minute.
        caller.validate(caller.connect())
        return _metrics(caller).get(valid, 0) > before.get(valid, 0)

    _await(counted)
    # The intake server's are among them.
    assert _metrics(caller)[accepted] == before.get(accepted, 0) + 1


def _metrics(caller: Caller) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", caller.stack.metrics_port, timeout=30)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name[0] != "#"}
