"""Error pages, sign-in and the gallery, as whole pages."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage
from django.template.loader import render_to_string
from django.urls import reverse

from axis_admin import gallery
from axis_admin.accounts import ClosedAccounts
from tests.ui.conftest import Person

INLINE = re.compile(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|hx-on", re.I)


class SignIn(forms.Form):
    login = forms.EmailField(widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429"])
@pytest.mark.parametrize("staff", [None, Person()], ids=["stranger", "person"])
def test_an_error_page_names_the_request_and_one_way_on(asking, name, staff):
    html = render_to_string(f"{name}.html", {}, asking("/x/", staff=staff))
    assert "Request 4be1, if you ask for help." in html
    assert html.count("<h1>") == 1
    assert html.count("btn primary") == 1
    assert ('class="rail"' in html) is (staff is not None)
    assert not INLINE.search(html)


def test_the_page_for_our_own_faults_needs_no_request():
    html = render_to_string("500.html")
    assert "<h1>That did not work</h1>" in html
    assert "<script" not in html
    assert not INLINE.search(html)


@pytest.mark.parametrize("view", [gallery.components, gallery.states])
def test_the_gallery_shows_every_component_without_anything_inline(asking, view):
    html = view(asking("/gallery/?status=active", staff=Person())).content.decode()
    assert not INLINE.search(html)
    assert html.count("<h1>") == 1


def test_sign_in_asks_for_address_and_password(asking):
    html = render_to_string("account/login.html", {"form": SignIn()}, asking("/sign-in/"))
    assert '<form class="form" method="post" action="/sign-in/">' in html
    assert '<label for="id_login">E-mail</label>' in html
    assert 'type="password"' in html
    assert 'class="rail"' not in html
    assert not INLINE.search(html)


def test_sign_in_says_what_was_wrong_without_saying_which(asking):
    form = SignIn({"login": "ines@axis.example", "password": "x"})
    form.add_error(None, ClosedAccounts.error_messages["email_password_mismatch"])
    html = render_to_string("account/login.html", {"form": form}, asking("/sign-in/"))
    assert "<b>You are not signed in.</b>" in html
    assert "<li>Address and password do not match.</li>" in html


@pytest.mark.parametrize("name", ["logout", "signup_closed", "account_inactive"])
def test_the_pages_around_sign_in_wear_the_same_look(asking, name):
    html = render_to_string(f"account/{name}.html", {}, asking("/"))
    assert 'class="auth"' in html
    assert not INLINE.search(html)


def test_signing_out_is_a_post(asking):
    html = render_to_string("account/logout.html", {}, asking("/sign-out/"))
    assert '<form class="form" method="post" action="/sign-out/">' in html


def test_the_addresses_that_allauth_reverses_are_ours():
    assert reverse("account_login") == "/sign-in/"
    assert reverse("account_logout") == "/sign-out/"


def test_signup_is_closed_and_sign_in_leads_nowhere_outside():
    accounts = ClosedAccounts()
    assert accounts.is_open_for_signup(None) is False
    assert accounts.is_safe_url("/orgs/")
    assert not accounts.is_safe_url("https://evil.example/")
    assert not accounts.is_safe_url("//evil.example/")
    assert not accounts.is_safe_url(None)


def test_hashed_names_reach_every_part_of_the_stylesheet(tmp_path):
    source = FileSystemStorage(settings.BASE_DIR / "static")
    storage = ManifestStaticFilesStorage(location=tmp_path)
    folder = settings.BASE_DIR / "static"
    paths = {str(path.relative_to(folder)): (source, str(path.relative_to(folder))) for path in folder.rglob("*.*")}
    for name, (origin, path) in paths.items():
        storage.save(name, origin.open(path))
    assert all(done is True for _, _, done in storage.post_process(paths))
    sheet = (tmp_path / storage.stored_name("axis/axis.css")).read_text()
    imported = re.findall(r'@import url\("([^"]+)"\)', sheet)
    assert len(imported) > 30
    assert all(re.search(r"\.[0-9a-f]{12}\.css$", name) for name in imported)
    assert all((tmp_path / "axis" / name).exists() for name in imported)
