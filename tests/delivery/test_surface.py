"""The customers' door as a process of its own: it answers /d/ and health, and knows nothing of anything else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests import factories
from tests.stack import ROOT, clean_environ

# What a process of this surface answers to each path, and what it has loaded.
ASK = """
import json, sys, django
django.setup()
from django.conf import settings
from django.test import Client
client = Client(raise_request_exception=False)
def told(path, method="get"):
    answer = getattr(client, method)(path, SERVER_NAME="localhost", secure=True)
    return {"status": answer.status_code, "headers": dict(answer.headers), "cookies": len(answer.cookies)}
paths = json.loads(sys.argv[1])
print(json.dumps({
    "answers": {path: told(path) for path in paths},
    "apps": settings.INSTALLED_APPS,
    "middleware": settings.MIDDLEWARE,
}))
"""
# The whole way of a customer, in a process of this surface on the database of the test.
REVEAL = """
import json, sys, django
django.setup()
from django.db import connection
from django.test import Client
name, path, token = json.loads(sys.argv[1])
connection.settings_dict["NAME"] = name
answers = [Client().post(path, {"token": token}, SERVER_NAME="localhost") for _ in range(2)]
print(json.dumps([[answer.status_code, answer.content.decode(), len(answer.cookies)] for answer in answers]))
"""
ELSEWHERE = [
    "/",
    "/sign-in/",
    "/keys/",
    "/orgs/",
    "/audit/",
    "/gateway/v1/ping",
    "/gateway/v1/validate",
    "/d/",
    "/d/a/b",
]


def _run(code: str, arguments: list[str], *, var: Path, **environ: str) -> Any:
    whole = clean_environ(AXIS_VAR=str(var), DJANGO_SETTINGS_MODULE="axis_admin.settings", **environ)
    command = [sys.executable, "-c", code, json.dumps(arguments)]
    ended = subprocess.run(command, env=whole, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def _asked(var: Path, paths: list[str], **environ: str) -> dict[str, dict]:
    answer: dict[str, dict] = _run(ASK, paths, var=var, **environ)
    return answer


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    var = tmp_path_factory.mktemp("delivery") / "var"
    return _asked(var, ["/d/dlv_00000000000000", "/healthz", *ELSEWHERE], AXIS_SURFACE="delivery")


def test_it_answers_its_page_and_health_and_nothing_else(asked: dict[str, dict]) -> None:
    answers = asked["answers"]
    assert answers["/d/dlv_00000000000000"]["status"] == 200
    assert answers["/healthz"]["status"] == 200
    assert {path: answers[path]["status"] for path in ELSEWHERE} == dict.fromkeys(ELSEWHERE, 404)


def test_it_sets_no_cookie_and_has_no_sign_in(asked: dict[str, dict]) -> None:
    assert {answer["cookies"] for answer in asked["answers"].values()} == {0}
    assert not [app for app in asked["apps"] if "allauth" in app or "rest_framework" in app]
    assert not [
        name for name in asked["middleware"] if "Session" in name or "Authentication" in name or "staff" in name
    ]


def test_its_pages_are_strict(asked: dict[str, dict]) -> None:
    headers = asked["answers"]["/d/dlv_00000000000000"]["headers"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "Vary" not in headers


@pytest.mark.django_db(transaction=True)
def test_a_process_of_its_own_reveals_once() -> None:
    link = factories.LinkFactory()
    arguments = [str(connection.settings_dict["NAME"]), f"/d/{link.uid}", link.token]
    first, second = _run(REVEAL, arguments, var=settings.AXIS_VAR, AXIS_SURFACE="delivery")
    assert (first[0], link.secret.text in first[1], first[2]) == (200, True, 0)
    assert (second[0], link.secret.text in second[1]) == (409, False)


@pytest.mark.parametrize(("address", "status"), [("", 200), ("https://keys.example.com", 302)])
def test_the_staff_site_serves_links_only_where_they_have_no_address_of_their_own(
    tmp_path: Path, address: str, status: int
) -> None:
    path = "/d/dlv_00000000000000"
    asked = _asked(tmp_path, [path], AXIS_SURFACE="staff", DELIVERY_URL=address)
    # Any other address there sends a stranger to the sign-in page.
    assert asked["answers"][path]["status"] == status


@pytest.mark.parametrize(
    "address", ["keys.example.com", "https://keys.example.com/d", "ftp://keys.example.com", "https://a@b"]
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    environ = clean_environ(AXIS_VAR=str(tmp_path), DJANGO_SETTINGS_MODULE="axis_admin.settings", DELIVERY_URL=address)
    command = [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"]
    ended = subprocess.run(command, env=environ, cwd=ROOT, check=False, capture_output=True, text=True)
    assert "DELIVERY_URL is an https address without a path" in ended.stderr
