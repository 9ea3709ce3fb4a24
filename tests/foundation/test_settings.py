"""What the settings refuse to start with."""

import base64
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT, clean_environ

PRINT = "from django.conf import settings; print(settings.{})"


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _production() -> dict[str, str]:
    return {
        "DATABASE_URL": "postgres://axis_app:unused@localhost/axis",
        "VALKEY_URL": "redis://localhost/0",
        "CELERY_BROKER_URL": "redis://localhost/1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": _key(),
        "AUDIT_SIGNING_KEYS": _key(),
        "ALLOWED_HOSTS": "admin.example.com",
        "AXIS_ALLOW_NO_MFA": "1",
    }


def _check(var: Path, environ: dict[str, str], code: str = "EMBEDDED") -> subprocess.CompletedProcess[str]:
    environ = clean_environ(AXIS_VAR=str(var), DJANGO_SETTINGS_MODULE="axis_admin.settings", **environ)
    command = [sys.executable, "-c", PRINT.format(code)]
    return subprocess.run(command, env=environ, cwd=ROOT, check=False, capture_output=True, text=True)


def _complaint(var: Path, environ: dict[str, str]) -> str:
    ended = _check(var, environ)
    assert ended.returncode == 1
    return ended.stderr.strip().splitlines()[-1]


def test_a_whole_production_environment_starts(tmp_path: Path) -> None:
    assert _check(tmp_path, _production()).stdout.strip() == "False"


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "AUDIT_SIGNING_KEYS", "VALKEY_URL", "CELERY_BROKER_URL"])
def test_what_has_no_default_in_production_is_named(tmp_path: Path, name: str) -> None:
    environ = {**_production(), name: ""}
    assert f"{name} is not set" in _complaint(tmp_path, environ)


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "AUDIT_SIGNING_KEYS"])
def test_a_secret_without_a_database_is_refused(tmp_path: Path, name: str) -> None:
    assert f"{name} is set, but DATABASE_URL is not" in _complaint(tmp_path, {name: _production()[name]})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SECRET_KEY", "short", "at least 50 random characters"),
        ("SECRET_KEY", "ab" * 40, "at least 50 random characters"),
        ("FIELD_KEYS", base64.b64encode(bytes(range(16))).decode(), "needs 32 bytes, this one has 16"),
        ("FIELD_KEYS", base64.b64encode(bytes(32)).decode(), "32 random bytes"),
        ("AUDIT_SIGNING_KEYS", "not base64!", "32 bytes in base64"),
    ],
)
def test_a_weak_secret_is_refused(tmp_path: Path, name: str, value: str, message: str) -> None:
    complaint = _complaint(tmp_path, {**_production(), name: value})
    assert name in complaint
    assert message in complaint


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "AUDIT_SIGNING_KEYS"])
def test_a_repeated_secret_is_refused(tmp_path: Path, name: str) -> None:
    value = _production()[name]
    assert f"{name} repeats one of its secrets" in _complaint(tmp_path, {**_production(), name: f"{value},{value}"})


def test_one_secret_for_two_purposes_is_refused(tmp_path: Path) -> None:
    key = _key()
    environ = {**_production(), "FIELD_KEYS": f"{_key()},{key}", "AUDIT_SIGNING_KEYS": key}
    assert "AUDIT_SIGNING_KEYS repeats a secret of FIELD_KEYS" in _complaint(tmp_path, environ)


def test_the_secret_key_serves_no_other_purpose(tmp_path: Path) -> None:
    long_key = base64.b64encode(secrets.token_bytes(32)).decode() + " " * 10
    environ = {**_production(), "SECRET_KEY": long_key}
    assert "at least 50 random characters" in _complaint(tmp_path, environ)


def test_the_first_of_a_ring_is_the_one_in_use(tmp_path: Path) -> None:
    new, old = _key(), _key()
    environ = {**_production(), "FIELD_KEYS": f"{new},{old}"}
    printed = _check(tmp_path, environ, "FIELD_KEYS").stdout.strip()
    assert printed == repr((base64.b64decode(new), base64.b64decode(old)))


def test_production_says_that_it_runs_without_a_second_factor(tmp_path: Path) -> None:
    assert "AXIS_ALLOW_NO_MFA=1" in _complaint(tmp_path, {**_production(), "AXIS_ALLOW_NO_MFA": ""})


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    assert f"GATEWAY_PORT is '{port}': a port is a number" in _complaint(tmp_path, {"GATEWAY_PORT": port})


def test_an_unknown_surface_is_refused(tmp_path: Path) -> None:
    assert "AXIS_SURFACE is 'moon'" in _complaint(tmp_path, {"AXIS_SURFACE": "moon"})


def test_a_network_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "TRUSTED_PROXIES: " in _complaint(tmp_path, {**_production(), "TRUSTED_PROXIES": "10.0.0.0/99"})


def test_the_embedded_mode_makes_its_own_secrets_once_and_keeps_them_private(tmp_path: Path) -> None:
    first = _check(tmp_path, {}, "SECRET_KEY").stdout
    assert len(first.strip()) >= 50
    assert _check(tmp_path, {}, "SECRET_KEY").stdout == first
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "secrets").iterdir()} == {0o600}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_the_embedded_mode_listens_to_this_machine_alone(tmp_path: Path) -> None:
    hosts = _check(tmp_path, {"ALLOWED_HOSTS": "admin.example.com"}, "ALLOWED_HOSTS").stdout.strip()
    assert hosts == "['127.0.0.1', 'localhost', '[::1]']"


@pytest.mark.parametrize(
    ("surface", "name", "there"),
    [
        ("staff", "django.contrib.sessions.middleware.SessionMiddleware", True),
        ("gateway", "django.contrib.sessions.middleware.SessionMiddleware", False),
        ("gateway", "axis_admin.middleware.request_id.RequestId", True),
    ],
)
def test_the_gateway_does_nothing_around_a_request_but_name_it(
    tmp_path: Path, surface: str, name: str, there: bool
) -> None:
    assert (name in _check(tmp_path, {"AXIS_SURFACE": surface}, "MIDDLEWARE").stdout) is there


@pytest.mark.parametrize(
    ("surface", "times"), [("staff", "None"), ("delivery", "None"), ("gateway", "5"), ("all", "5")]
)
def test_a_page_s_statements_are_never_planned_without_their_values(tmp_path: Path, surface: str, times: str) -> None:
    told = _check(tmp_path, {"AXIS_SURFACE": surface}, "DATABASES['default']['OPTIONS']['prepare_threshold']").stdout
    assert told.strip().endswith(times)
