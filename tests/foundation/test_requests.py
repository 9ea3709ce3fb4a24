"""What surrounds every request: its id, its session's limits, its caller's address, and health."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django import Settings

from axis_admin import logs, proxies
from axis_admin.middleware import sessions
from keys import secrets

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _signed_in(started: datetime, seen: datetime) -> HttpRequest:
    request = HttpRequest()
    request.session = SessionStore()
    request.session[SESSION_KEY] = "1"
    request.session[sessions.STARTED] = started.isoformat()
    request.session[sessions.SEEN] = seen.isoformat()
    return request


@pytest.mark.parametrize(
    ("started", "seen", "is_kept"),
    [
        (timedelta(minutes=29), timedelta(minutes=29), True),
        (timedelta(minutes=30), timedelta(minutes=30), False),
        (timedelta(hours=9, minutes=59), timedelta(minutes=1), True),
        (timedelta(hours=10), timedelta(minutes=1), False),
    ],
)
def test_a_session_ends_after_half_an_hour_unused_or_ten_hours(
    db: None, started: timedelta, seen: timedelta, is_kept: bool
) -> None:
    request = _signed_in(NOW - started, NOW - seen)
    sessions.enforce(request, now=NOW)
    assert (SESSION_KEY in request.session) is is_kept


def test_use_is_noted_at_most_once_a_minute(db: None) -> None:
    recent, older = NOW - timedelta(seconds=59), NOW - timedelta(seconds=60)
    for seen, noted in ((recent, recent), (older, NOW)):
        request = _signed_in(NOW - timedelta(hours=1), seen)
        sessions.enforce(request, now=NOW)
        assert request.session[sessions.SEEN] == noted.isoformat()


def test_the_clock_starts_at_sign_in(db: None) -> None:
    def signs_in(request: HttpRequest) -> HttpResponse:
        request.session[SESSION_KEY] = "1"
        return HttpResponse()

    request = HttpRequest()
    request.session = SessionStore()
    sessions.SessionLimits(signs_in)(request)
    assert datetime.fromisoformat(request.session[sessions.STARTED]) <= datetime.now(UTC)


def test_a_stranger_has_no_session(client: Client, db: None) -> None:
    client.get("/healthz")
    assert not client.cookies


def test_every_answer_carries_an_id_of_our_own(client: Client) -> None:
    first = client.get("/healthz", headers={"X-Request-Id": "chosen-by-the-caller"})["X-Request-Id"]
    second = client.get("/nowhere/")["X-Request-Id"]
    assert len(first) == len(second) == 32
    assert first != second
    assert first != "chosen-by-the-caller"


def test_the_process_is_up(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.post("/healthz").status_code == 405


def test_it_is_ready_with_both_stores_and_every_migration(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "failing": []})


def test_a_migration_that_is_missing_is_named(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["migrations"])


def test_a_store_that_does_not_answer_is_named(client: Client, db: None, settings: Settings) -> None:
    settings.VALKEY_URL = "unix:///nowhere.sock"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["counter_store"])


def test_a_database_that_does_not_answer_is_named(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("no route")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "ensure_connection", refuse)
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["database"])


def test_pages_carry_the_strict_policy(client: Client) -> None:
    policy = client.get("/healthz")["Content-Security-Policy"]
    directives = {part.strip() for part in policy.split(";")}
    assert {"default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= directives
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "believed"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "rubbish", "10.0.0.1"),
        ("10.0.0.1", "rubbish, 10.0.0.2", "10.0.0.2"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ],
)
def test_only_our_own_proxies_are_believed_about_an_address(peer: str, forwarded_for: str, believed: str) -> None:
    assert proxies.client_address(peer, forwarded_for, proxies.networks(["10.0.0.0/8"])) == believed


def test_a_forged_scheme_and_address_change_nothing() -> None:
    seen = {}

    def application(environ: dict[str, str], start_response: object) -> list[bytes]:
        seen.update(environ)
        return []

    claim = {"HTTP_X_FORWARDED_FOR": "198.51.100.1", "HTTP_X_FORWARDED_PROTO": "https", "wsgi.url_scheme": "http"}
    call = proxies.believing(application, proxies.networks(["10.0.0.0/8"]))
    call({**claim, "REMOTE_ADDR": "203.0.113.9"}, print)
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("203.0.113.9", "http")
    call({**claim, "REMOTE_ADDR": "10.0.0.1"}, print)
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("198.51.100.1", "https")


def test_the_header_that_is_believed_can_have_another_name() -> None:
    seen = {}

    def application(environ: dict[str, str], start_response: object) -> list[bytes]:
        seen.update(environ)
        return []

    call = proxies.believing(application, proxies.networks(["10.0.0.0/8"]), "ClientAddress")
    said = {"HTTP_X_FORWARDED_FOR": "198.51.100.1", "HTTP_CLIENTADDRESS": "203.0.113.7", "REMOTE_ADDR": "10.0.0.1"}
    call(said, print)
    assert seen["REMOTE_ADDR"] == "203.0.113.7"


def test_a_callers_newline_cannot_forge_a_second_log_line() -> None:
    record = logging.LogRecord("axis", logging.INFO, "", 0, "name is %s", ("a\nlevel=ERROR forged\x1b[31m",), None)
    line = logs.Line().format(record)
    assert "\n" not in line
    assert "\x1b" not in line
    assert json.loads(line.partition("message=")[2]) == "name is a\nlevel=ERROR forged\x1b[31m"


def test_a_credential_in_an_address_or_an_error_is_not_written_down(caplog: pytest.LogCaptureFixture) -> None:
    made = secrets.make_credential("live")
    caplog.handler.setFormatter(logs.Line())
    Client().get(f"/gateway/v1/{made.text}")
    Client().get(f"/nowhere/?key={made.text}")
    try:
        raise ValueError(made.text)
    except ValueError:
        logging.getLogger("axis").exception("failed with %s", made.text)
    assert f"Not Found: /gateway/v1/axk_live_{made.public_id}_" in caplog.text
    assert "ValueError" in caplog.text
    assert made.text[-38:] not in caplog.text
