"""Every error of this surface is a problem document."""

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.http import HttpResponse

from axis_admin.gateway import board, bodies, inflight, problems, wire
from axis_admin.gateway.serializers.problem import ProblemSerializer
from keys import decisions
from keys.models import KeySecret
from metering import ledger
from tests.gateway.conftest import Gateway, asked

pytestmark = pytest.mark.usefixtures("door")
LARGEST = bodies.LARGEST


def assert_problem(response: HttpResponse, status: int) -> None:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["X-Request-Id"]
    assert response["Cache-Control"] == "no-store"
    document = response.json()
    assert document["status"] == status
    declared = ProblemSerializer(data=document)
    assert declared.is_valid(), declared.errors
    assert document.keys() == declared.fields.keys()


@pytest.mark.parametrize("path", ["", "nothing", "keys", "keys/validate/", "docs/secret.html", "generations/1"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_does_not_exist_is_a_404(calling: Gateway, path: str, method: str) -> None:
    if path.startswith("docs/") and method != "get":
        pytest.skip("a file's address knows GET alone, whether or not the file is there")
    assert_problem(getattr(calling.client, method)(f"/gateway/v1/{path}"), 404)


@pytest.mark.parametrize("path", ["keys/validate", "generations"])
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "head"])
def test_another_method_is_a_405_that_says_which_one_works(calling: Gateway, path: str, method: str) -> None:
    headers = {"Authorization": f"Bearer {calling.text}"}
    response = getattr(calling.client, method)(f"/gateway/v1/{path}", headers=headers)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    if method != "head":
        assert_problem(response, 405)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_another_type_of_body_is_a_415(calling: Gateway, secret: KeySecret, content_type: str) -> None:
    assert_problem(calling.post("keys/validate", asked(secret), content_type=content_type), 415)


def test_json_with_a_character_set_is_json(calling: Gateway, secret: KeySecret) -> None:
    response = calling.post("keys/validate", asked(secret), content_type="application/json; charset=utf-8")
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["keys/validate", "generations"])
def test_a_body_of_more_than_a_mebibyte_is_a_413(calling: Gateway, path: str) -> None:
    assert_problem(calling.post(path, b" " * (LARGEST + 1)), 413)


def test_a_body_of_exactly_a_mebibyte_is_read(calling: Gateway, secret: KeySecret) -> None:
    body = asked(secret, unheard_of="")
    padding = LARGEST - len(wire.dumps(body))
    response = calling.post("keys/validate", wire.dumps({**body, "unheard_of": "x" * padding}))
    assert response.status_code == 200
    response = calling.post("keys/validate", wire.dumps({**body, "unheard_of": "x" * (padding + 1)}))
    assert_problem(response, 413)


def test_what_nobody_foresaw_is_a_500_that_says_nothing_of_itself(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(decisions, "decide", _raise(ValueError("inner workings")))
    response = calling.post("keys/validate", asked(secret))
    assert_problem(response, 500)
    assert b"inner workings" not in response.content
    assert "inner workings" in caplog.text


def test_a_database_that_is_down_is_a_503(calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "decide", _raise(OperationalError("server closed the connection")))
    response = calling.post("keys/validate", asked(secret))
    assert_problem(response, 503)
    assert response["Retry-After"] == "1"


def test_too_many_calls_of_a_credential_at_once_are_a_429(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflight, "calls", inflight.InFlight(2))
    for _ in range(2):
        assert inflight.calls.enter(calling.row.uid)
    response = calling.post("keys/validate", asked(secret))
    assert_problem(response, 429)
    assert response["Retry-After"] == "1"
    assert Gateway().post("keys/validate", asked(secret)).status_code == 200
    inflight.calls.leave(calling.row.uid)
    assert [calling.validate(secret)["code"] for _ in range(3)] == ["VALID"] * 3


def test_sixty_four_calls_may_be_in_flight() -> None:
    calls = inflight.InFlight(shared=board.Board())
    assert [calls.enter("a") for _ in range(65)] == [True] * 64 + [False]
    assert calls.enter("b")


def test_a_call_that_fails_is_no_longer_in_flight(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflight, "calls", inflight.InFlight(1))
    statuses = [calling.post("keys/validate", body).status_code for body in (b"", asked(secret), b"", asked(secret))]
    assert statuses == [400, 200, 400, 200]


def test_every_kind_of_problem_has_its_status_and_title() -> None:
    for kind, (status, title) in problems.TITLES.items():
        document = problems.Problem(kind, "why").as_response()
        assert (document.status_code, title in document.content.decode()) == (status, True)


def _raise(error: Exception):
    def fail(*args: object, **named: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("refused", "errors"),
    [
        (ValidationError({"source": "Too odd."}), [{"field": "source", "detail": "Too odd."}]),
        (ValidationError("Not now."), [{"field": "", "detail": "Not now."}]),
        (ValidationError({"__all__": ["a", "b"]}), [{"field": "", "detail": "a"}, {"field": "", "detail": "b"}]),
    ],
)
def test_what_an_action_refuses_is_a_400_that_says_so(
    calling: Gateway, monkeypatch: pytest.MonkeyPatch, refused: ValidationError, errors: list[dict[str, str]]
) -> None:
    def refuse(**named: object) -> None:
        raise refused

    monkeypatch.setattr(ledger, "append", refuse)
    response = calling.post("generations", {"source": "gw-1", "generations": [{}]})
    assert_problem(response, 400)
    assert response.json()["errors"] == errors
