"""What the door before Django answers itself, and what it leaves to the view, whole."""

import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from django.test.client import ClientHandler

from axis_admin import wsgi
from axis_admin.gateway import bodies, dispatch, inflight
from keys.models import KeySecret
from tests.gateway.conftest import BeforeDjango, Gateway, asked


class _Reached(Exception):
    """Django was."""


@pytest.fixture
def calling(db: None, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setattr(Gateway, "door", BeforeDjango)
    return Gateway()


@pytest.fixture
def no_django(monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(self: Any, environ: dict[str, Any], start_response: Any = None) -> None:
        raise _Reached

    for handler in (ClientHandler, WSGIHandler):
        monkeypatch.setattr(handler, "__call__", reached)


@pytest.fixture
def of_the_gateway(settings: Any) -> Any:
    """The settings of the gateway's own surface; with DEBUG it leaves this process's connections to Django."""
    settings.SURFACE, settings.DEBUG = "gateway", True
    return settings


@pytest.mark.usefixtures("no_django")
@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_the_usual_call_never_reaches_django(calling: Gateway, secret: KeySecret, content_type: str) -> None:
    assert calling.post("keys/validate", asked(secret), content_type=content_type).json()["code"] == "VALID"


@pytest.mark.usefixtures("no_django")
def test_neither_does_one_that_is_refused_or_told_to_come_back(calling: Gateway, secret: KeySecret) -> None:
    assert calling.post("keys/validate", asked(secret, organization="another")).json()["code"] == "ORG_MISMATCH"
    first, second = (asked(secret, request_id="r", units=units) for units in (1, 2))
    assert calling.post("keys/validate", first).status_code == 200
    assert calling.post("keys/validate", second).json()["type"] == "urn:axis:problem:request-id-reused"


UNUSUAL = {
    "a body in chunks": {"headers": {"Transfer-Encoding": "chunked"}},
    "another type": {"content_type": "text/plain"},
    "a wrong credential": {"credential": "axg_nonsense"},
    "none": {"headers": {"Authorization": ""}},
}


@pytest.mark.usefixtures("no_django")
@pytest.mark.parametrize("options", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_is_the_views(calling: Gateway, secret: KeySecret, options: dict[str, Any]) -> None:
    with pytest.raises(_Reached):
        calling.post("keys/validate", asked(secret), **options)


@pytest.mark.usefixtures("no_django")
@pytest.mark.parametrize("method", ["get", "put", "options", "head"])
def test_other_methods_are_the_views(calling: Gateway, method: str) -> None:
    with pytest.raises(_Reached):
        getattr(calling.client, method)("/gateway/v1/keys/validate")


def test_the_view_reads_the_body_that_this_door_could_not(calling: Gateway, secret: KeySecret) -> None:
    response = calling.post("keys/validate", asked(secret, units=0))
    assert (response.status_code, [one["field"] for one in response.json()["errors"]]) == (400, ["units"])
    # What msgspec reads not, but the slower way does.
    unfit = json.dumps(asked(secret, extra=1)).replace('"extra": 1', '"extra": 1e999').encode()
    assert calling.post("keys/validate", unfit).json()["code"] == "VALID"


def test_a_body_that_is_too_large_is_left_unread_to_the_view(calling: Gateway) -> None:
    assert calling.post("keys/validate", b" " * (bodies.LARGEST + 1)).status_code == 413


def test_what_is_handed_on_is_counted_once_and_leaves_nothing_in_flight(calling: Gateway) -> None:
    calling.post("keys/validate", b"no JSON")
    assert calling.post("keys/validate", {}).status_code == 400
    assert inflight.calls.number == 0


def test_both_doors_send_the_same_headers(secret: KeySecret) -> None:
    answers = []
    for door in (ClientHandler, BeforeDjango):
        gateway = Gateway()
        gateway.client.handler = door(enforce_csrf_checks=False)
        answers.append(gateway.post("keys/validate", asked(secret)))
    view, fast = ({name: value for name, value in one.items() if name != "X-Request-Id"} for one in answers)
    # The surface of these tests has pages as well, whose middleware adds its own; the gateway's has none.
    assert fast.items() <= view.items()
    assert set(fast) == {"Content-Type", "Cache-Control"}
    assert all(len(one["X-Request-Id"]) == 32 for one in answers)


@pytest.mark.usefixtures("no_django")
def test_the_server_s_application_has_the_door(secret: KeySecret, of_the_gateway: Any) -> None:
    bearer = {"Authorization": f"Bearer {Gateway().text}"}
    call = RequestFactory().post(dispatch.VALIDATE, asked(secret), content_type="application/json", headers=bearer)
    answer = b"".join(wsgi._answering()(call.environ, lambda *head: None))
    assert json.loads(answer)["code"] == "VALID"


def test_switched_off_it_is_django_s_alone(of_the_gateway: Any) -> None:
    of_the_gateway.AXIS_FAST_VALIDATE = False
    assert isinstance(wsgi._answering(), WSGIHandler)
