"""Guessing a password is stopped, and stopping it locks nobody else out."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from audit.models import Event
from orgs import actions
from tests.cast import ACTOR, PASSWORD

pytestmark = pytest.mark.django_db
STOPPED = "Too many failed attempts"
HOME, ELSEWHERE = "192.0.2.10", "198.51.100.{}"


def _sign_in(client: Client, person: Any, password: str = PASSWORD, *, address: str = HOME) -> Any:
    return client.post("/sign-in/", {"login": person.email, "password": password}, REMOTE_ADDR=address)


def _guess(person: Any, times: int, *, addresses: int = 1) -> list[Any]:
    """Wrong passwords from a browser that never signed in, spread over so many addresses."""
    found = []
    for number in range(times):
        address = ELSEWHERE.format(number % addresses + 1)
        found.append(_sign_in(Client(), person, f"guess {number}", address=address))
    return found


def _get_in(answer: Any) -> bool:
    return bool(answer.status_code == 302)


def test_guessing_from_one_address_is_stopped(viewer):
    answers = _guess(viewer, 6)
    assert STOPPED not in answers[4].text
    assert STOPPED in answers[5].text
    assert STOPPED in _sign_in(Client(), viewer, address=ELSEWHERE.format(1)).text


def test_another_address_does_not_lock_the_owner_out(viewer):
    _guess(viewer, 12)
    assert _get_in(_sign_in(Client(), viewer))


def test_guessing_from_many_addresses_is_stopped_too(viewer):
    answers = _guess(viewer, 21, addresses=21)
    assert STOPPED not in answers[19].text
    assert STOPPED in answers[20].text
    assert STOPPED in _sign_in(Client(), viewer).text


def test_the_owner_gets_in_where_they_have_been_before(viewer):
    browser = Client()
    assert _get_in(_sign_in(browser, viewer))
    browser.post("/sign-out/")
    _guess(viewer, 25, addresses=25)
    assert STOPPED in _sign_in(Client(), viewer).text
    assert _get_in(_sign_in(browser, viewer))


def test_many_people_of_one_address_get_in_while_somebody_there_guesses(viewer, administrator):
    browser = Client()
    _sign_in(browser, viewer)
    browser.post("/sign-out/")
    for number in range(40):
        _sign_in(Client(), administrator, f"guess {number}")
    assert _get_in(_sign_in(browser, viewer))


def test_one_address_guesses_at_few_accounts(viewer):
    for number in range(20):
        Client().post("/sign-in/", {"login": f"nobody{number}@axis.example", "password": "x"}, REMOTE_ADDR=HOME)
    assert STOPPED in _sign_in(Client(), viewer).text


def test_a_known_browser_does_not_guess_on_either(viewer):
    browser = Client()
    _sign_in(browser, viewer)
    browser.post("/sign-out/")
    for number in range(5):
        assert STOPPED not in _sign_in(browser, viewer, f"guess {number}").text
    assert STOPPED in _sign_in(browser, viewer).text


def test_a_browser_is_known_for_its_own_account_alone(viewer, administrator):
    browser = Client()
    _sign_in(browser, viewer)
    browser.post("/sign-out/")
    _guess(administrator, 25, addresses=25)
    assert STOPPED in _sign_in(browser, administrator).text


@pytest.mark.parametrize("forged", ["", "x", "InR3ZWx2ZSI:1vEx:forged", "\x00", "a:b:c:d"])
def test_a_forged_cookie_is_no_known_browser(forged: str, viewer):
    browser = Client()
    browser.cookies[settings.KNOWN_BROWSER_COOKIE_NAME] = forged
    _guess(viewer, 25, addresses=25)
    assert STOPPED in _sign_in(browser, viewer).text


def test_a_new_password_forgets_the_browsers(viewer):
    browser = Client()
    _sign_in(browser, viewer)
    browser.post("/sign-out/")
    password = actions.reset_password(user=viewer, actor=ACTOR)
    _guess(viewer, 25, addresses=25)
    assert STOPPED in _sign_in(browser, viewer, password).text


def test_the_cookie_is_for_the_server_alone_and_opens_nothing(viewer):
    browser = Client()
    cookie = _sign_in(browser, viewer).cookies[settings.KNOWN_BROWSER_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert viewer.uid not in cookie.value
    browser.cookies.pop(settings.SESSION_COOKIE_NAME)
    assert browser.get("/").status_code == 302


def test_the_right_password_is_not_counted(viewer):
    browser = Client()
    for _ in range(8):
        assert _get_in(_sign_in(browser, viewer))
        browser.post("/sign-out/")
    assert not Event.objects.filter(verb="staff.sign_in_failed").exists()


@pytest.fixture
def silent_store(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A counter store that takes connections and says nothing."""
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        deaf.listen()
        default = settings.CACHES["default"]
        settings.CACHES = {"default": {**default, "LOCATION": f"unix://{tmp_path / 'deaf'}"}}
        yield


def test_without_the_store_signing_in_says_so_soon(viewer, silent_store):
    began = time.monotonic()
    answer = _sign_in(Client(), viewer)
    # Half a second, with room for a busy machine.
    assert time.monotonic() - began < 10
    assert answer.status_code == 503
    assert "Not available just now" in answer.text
    assert answer["X-Request-Id"] in answer.text


def test_without_the_store_no_step_is_taken_on_a_password(key_admin, other_organization, browser_of, silent_store):
    form = {"name": "prod", "environment": "live", "api_versions": ["v1"], "expires": "90", "password": PASSWORD}
    answer = browser_of(key_admin).post(f"/orgs/{other_organization.uid}/keys/new/", form)
    assert answer.status_code == 503
    assert not other_organization.keys.exists()


def test_what_a_signed_in_person_sees_is_not_kept(viewer, her_organization, browser_of):
    client = browser_of(viewer)
    for page in ("/", "/orgs/", f"/orgs/{her_organization.uid}/", "/nothing/", "/sign-out/"):
        assert client.get(page)["Cache-Control"] == "no-store", page
    assert client.post("/sign-out/")["Cache-Control"] == "no-store"


def test_static_files_may_be_kept(viewer, browser_of):
    answer = browser_of(viewer).get("/static/axis/axis.css")
    assert answer.status_code == 200
    assert "no-store" not in answer["Cache-Control"]
