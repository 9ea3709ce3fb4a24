"""Signing in and out as a stranger meets it, through the whole site."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_sign_in_is_a_page_of_its_own_under_the_policy(client: Client):
    response = client.get("/sign-in/")
    assert response.status_code == 200
    assert "<h1>Sign in</h1>" in response.text
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]


def test_a_stranger_is_told_the_same_for_every_address(client: Client):
    response = client.post("/sign-in/", {"login": "nobody@axis.example", "password": "sesame-sesame"})
    assert "You are not signed in." in response.text
    assert "Address and password do not match." in response.text
    assert "sesame" not in response.text


def test_nobody_signs_up(client: Client):
    response = client.get("/sign-up/")
    assert "<h1>No sign-up</h1>" in response.text


def test_a_form_that_was_not_sent_from_here_is_refused_in_our_look():
    response = Client(enforce_csrf_checks=True).post("/sign-in/", {"login": "a@axis.example", "password": "x"})
    assert response.status_code == 403
    assert "The form was too old" in response.text


def test_a_page_that_is_not_there_is_told_in_our_look(browser_of, viewer):
    response = browser_of(viewer).get("/nothing/here/")
    assert response.status_code == 404
    assert "Nothing here for you" in response.text
    assert response["X-Request-Id"] in response.text


def test_signing_out_asks_first_and_ends_the_session_then(browser_of, viewer):
    client = browser_of(viewer)
    assert "<h1>Sign out</h1>" in client.get("/sign-out/").text
    assert client.get("/nothing/").status_code == 404
    assert client.post("/sign-out/").url == "/sign-in/"
    assert client.get("/nothing/").url == "/sign-in/?next=/nothing/"


def test_whoever_chose_dark_and_compact_gets_it_on_every_page(browser_of, viewer):
    client = browser_of(viewer)
    assert client.post("/appearance/", {"theme": "dark", "next": "/orgs/"}).url == "/orgs/"
    client.post("/appearance/", {"density": "compact"})
    page = client.get("/nothing/").text
    assert 'data-theme="dark" data-density="compact"' in " ".join(page.split())


def test_the_navigation_follows_the_role(browser_of, viewer, administrator):
    assert 'href="/gateways/"' not in browser_of(viewer).get("/nothing/").text
    assert 'href="/gateways/"' in browser_of(administrator).get("/nothing/").text


def test_a_closed_account_is_told_whom_to_ask(client: Client):
    assert "Ask an administrator" in client.get("/sign-in/closed/").text


def test_there_is_no_other_place_to_guess_a_password_at(browser_of, viewer):
    assert browser_of(viewer).get("/confirm/").status_code == 404
