from __future__ import annotations

import pytest
from django.test import RequestFactory

from axis_admin import redirects
from axis_admin.appearance import appearance


def chosen(**data: str):
    return appearance(RequestFactory().post("/appearance/", data))


def test_a_theme_is_kept_and_leads_back():
    response = chosen(theme="dark", next="/orgs/?status=active")
    assert response.status_code == 302
    assert response["Location"] == "/orgs/?status=active"
    cookie = response.cookies["axis-theme"]
    assert cookie.value == "dark"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize(("name", "value"), [("density", "compact"), ("shortcuts", "off")])
def test_density_and_shortcuts_are_kept_alike(name, value):
    assert chosen(**{name: value}).cookies[f"axis-{name}"].value == value


@pytest.mark.parametrize("data", [{}, {"theme": "pink"}, {"theme": "dark", "density": "huge"}, {"colour": "red"}])
def test_anything_else_is_refused_and_nothing_is_kept(data):
    response = chosen(**data)
    assert response.status_code == 400
    assert not response.cookies


def test_looking_is_not_choosing():
    assert appearance(RequestFactory().get("/appearance/")).status_code == 405


OUTSIDE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "http://testserver/orgs/",
    "orgs/",
    "",
]


@pytest.mark.parametrize("url", OUTSIDE)
def test_it_never_leads_outside(url):
    assert chosen(theme="dark", next=url)["Location"] == "/"
    assert not redirects.is_own_path(url)
