"""A gateway at the door: it calls, and reads what it is told."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

from axis_admin.gateway import dispatch
from keys.limits import limiter, store
from keys.models import KeySecret
from tests.factories import GatewayFactory, SecretFactory

JSON = "application/json"


class BeforeDjango(ClientHandler):
    """The faster of the two doors of keys/validate, and behind it Django with the other one."""

    def __call__(self, environ: dict[str, Any]) -> HttpResponse:
        said: list[Any] = []
        body = dispatch._answered(environ, lambda status, headers: said.extend((status, headers)))
        if body is None:
            return super().__call__(environ)
        answer = HttpResponse(b"".join(body), status=int(said[0].split()[0]), headers=dict(said[1]))
        answer.wsgi_request = WSGIRequest(environ)  # type: ignore[attr-defined]
        return answer


DOORS = {"the view": ClientHandler, "before Django": BeforeDjango}


class Gateway:
    """A production gateway; every call carries its credential unless `credential` says otherwise."""

    door: type[ClientHandler] = ClientHandler

    def __init__(self, **fields: Any) -> None:
        self.row = GatewayFactory(**fields)
        self.text: str = self.row.text
        self.client = Client(raise_request_exception=False)
        self.client.handler = self.door(enforce_csrf_checks=False)

    def post(self, path: str, body: Any, *, credential: str | None = None, **options: Any) -> HttpResponse:
        """POST below /gateway/v1/; `body` is bytes as they are, or anything that is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        text = self.text if credential is None else credential
        headers = {"Authorization": f"Bearer {text}", **options.pop("headers", {})}
        return self.client.post(
            f"/gateway/v1/{path}", raw, content_type=options.pop("content_type", JSON), headers=headers, **options
        )

    def validate(self, secret: KeySecret, **fields: Any) -> dict[str, Any]:
        """Ask about a secret, as its organization's caller of v2, and return the verdict."""
        response = self.post("keys/validate", asked(secret, **fields))
        assert response.status_code == 200, response.content
        answer: dict[str, Any] = response.json()
        return answer

    def renew(self, lease: str) -> HttpResponse:
        return self.client.post(f"/gateway/v1/leases/{lease}/renew", headers={"Authorization": f"Bearer {self.text}"})

    def release(self, lease: str) -> HttpResponse:
        return self.client.delete(f"/gateway/v1/leases/{lease}", headers={"Authorization": f"Bearer {self.text}"})


def asked(secret: KeySecret, **fields: Any) -> dict[str, Any]:
    """The body of a validate call about a secret that SecretFactory made."""
    usual = {"credential": secret.text, "organization": secret.key.organization.uid, "api_version": "v2"}
    return {**usual, **fields}


def rfc3339(at: datetime) -> str:
    """A time as the contract writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


@pytest.fixture(autouse=True)
def a_patient_and_empty_counter_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """The machine that tests is busy: its counter store may take its time, so that none of it counts as an outage."""
    client = store.connect(settings.VALKEY_URL, timeout=10)
    client.flushdb()
    patient = store.Store(settings.VALKEY_URL, timeout=10)
    monkeypatch.setattr(limiter, "limiter", lambda: limiter.Limiter(patient))
    monkeypatch.setattr(store, "current", lambda: patient)
    monkeypatch.setattr(store, "patient", lambda: patient)
    monkeypatch.setattr(store, "client", lambda: client)
    yield client
    client.flushdb()
    client.close()


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test once through each door: they are one contract."""
    monkeypatch.setattr(Gateway, "door", DOORS[request.param])
    name: str = request.param
    return name


@pytest.fixture
def calling(db: None) -> Gateway:
    """A production gateway with the usual scopes."""
    return Gateway()


@pytest.fixture
def secret(db: None) -> KeySecret:
    """The live secret of an active customer on the standard plan."""
    made: KeySecret = SecretFactory()
    return made
