"""A secret that is pasted goes nowhere: not into the answer, a log, the trail, the session, a table or a file."""

import io
import logging
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from axis_admin.lookup import uploads, views
from keys import secrets
from keys.models import KeySecret
from tests.factories import GatewayFactory
from tests.lookup.conftest import Box

OWN_APPS = ("orgs", "keys", "metering", "audit", "sessions")


def contents() -> str:
    """Every row of every table, as text."""
    tables = {model._meta.db_table for name in OWN_APPS for model in apps.get_app_config(name).get_models()}
    with connection.cursor() as cursor:
        rows = []
        for table in sorted(tables):
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


@pytest.fixture(params=["matching", "forged", "misspelt", "of a gateway"])
def canary(request: pytest.FixtureRequest, secret: KeySecret) -> str:
    """A whole credential: one of ours, one with another secret, one with a typing error, a gateway's."""
    if request.param == "matching":
        return str(secret.text)  # type: ignore[attr-defined]
    if request.param == "of a gateway":
        return str(GatewayFactory().text)
    body = f"axk_live_{secret.public_id}_{'Q' * 32}"
    right = secrets.checksum(body)
    return body + (right if request.param == "forged" else right[::-1] + "x")[:6]


@pytest.mark.parametrize("way", ["page", "fragment", "palette", "file"])
def test_the_secret_goes_nowhere(way: str, canary: str, box: Box, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text = f"Authorization: Bearer {canary}"
    with CaptureQueriesContext(connection) as asked:
        answer = {
            "page": lambda: box.paste(text),
            "fragment": lambda: box.fragment(text),
            "palette": lambda: box.fragment(canary, **{"in": "palette"}),
            "file": lambda: box.send(text.encode()),
        }[way]()
    assert answer.status_code == 200
    hidden = canary.rpartition("_")[2][:-6]
    assert hidden not in answer.text
    assert hidden not in str(answer.headers)
    assert hidden not in caplog.text
    assert hidden not in contents()
    assert hidden not in str([query["sql"] for query in asked])
    assert hidden not in str(dict(box.client.session))
    assert answer["Cache-Control"] == "no-store"


def test_nothing_else_of_a_text_comes_back_either(box: Box) -> None:
    answer = box.paste("a sentence about Nightjar <b>and more</b>")
    assert "Nightjar" not in answer.text


def test_it_is_asked_for_by_post_alone(box: Box, secret: KeySecret) -> None:
    answer = box.client.get("/lookup/", {"q": secret.text})
    assert answer["Location"] == f"/lookup/?q=axk_live_{secret.public_id}"
    assert "render-farm-prod" not in box.client.get(answer["Location"]).text


def test_it_takes_a_token_of_the_page(key_admin: Any, secret: KeySecret) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(key_admin)
    for fields in ({"q": secret.text}, {"q": "", "file": SimpleUploadedFile("a", b"x")}):
        assert client.post("/lookup/", fields).status_code == 403


def test_what_fails_is_not_told_with_what_was_pasted(
    box: Box, secret: KeySecret, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    def fail(asked: object) -> None:
        raise ValueError("inner workings")

    monkeypatch.setattr(views, "FINDERS", (fail,))
    box.client.raise_request_exception = False
    hidden = secret.text.rpartition("_")[2]
    for debug in (False, True):
        settings.DEBUG = debug
        answer = box.paste(f"x {secret.text}")
        assert answer.status_code == 500
        assert hidden not in answer.text
    assert "inner workings" in caplog.text
    assert hidden not in caplog.text


def test_a_file_never_touches_a_disk(box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", _refuse)
    monkeypatch.setattr(tempfile, "mkstemp", _refuse)
    assert box.send(b"x" * uploads.LARGEST).status_code == 200
    assert list(tmp_path.iterdir()) == []


def _refuse(*args: object, **named: object) -> io.BytesIO:
    raise AssertionError("a file was written")
