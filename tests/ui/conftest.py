"""A page's request without a session or a database: who asks is a stand-in with a list of permissions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory

from axis_admin import due_periods
from keys import readers

HOSTILE = '<script>alert(1)</script>" onmouseover="x\' & Sons'


@dataclass
class Person:
    """A signed-in person as the shell sees them."""

    label: str = "Ines Calloway"
    roles: list[str] = field(default_factory=lambda: ["Key admin"])
    permissions: frozenset[str] | None = None
    user: None = None

    def can(self, permission: str) -> bool:
        return self.permissions is None or permission in self.permissions


@pytest.fixture(autouse=True)
def gateways_in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """How gateways stand is no question of looks: one name lags here, whatever the database holds."""
    lagging = readers.Tally(current=3, lagging=[("<b>gw-eu-1</b> & Sons", timedelta(seconds=24))])
    monkeypatch.setattr(readers, "kept", readers.Kept(count=lambda: lagging))


@pytest.fixture(autouse=True)
def periods_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is how many billing periods wait for somebody."""
    monkeypatch.setattr(due_periods, "count", lambda person: 2)


@pytest.fixture
def asking() -> Callable[..., HttpRequest]:
    """asking("/keys/?q=a", staff=Person(), cookies={…}) -> a request."""

    def make(path: str = "/", staff: Person | None = None, cookies: dict[str, str] | None = None) -> HttpRequest:
        request = RequestFactory().get(path)
        request.user, request.id, request.session = AnonymousUser(), "4be1", {}
        request.COOKIES.update(cookies or {})
        if staff:
            request.staff = staff
        return request

    return make


def drawn(text: str, **context: object) -> str:
    """The template text with axis_ui loaded, rendered without a request."""
    return Template("{% load axis_ui %}" + text).render(Context(context))
