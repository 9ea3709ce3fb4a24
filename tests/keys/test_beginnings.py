"""A credential that was made elsewhere is kept nowhere but as what it begins with."""

import logging
from typing import Any

import pytest
from django.test import Client

from audit.models import Event
from axis_admin.logs import Line
from keys import imports, uses
from keys.asks import Ask
from keys.models import KeySecret, SavedView
from tests.factories import ImportedFactory

CUT = "sk_studio_"


@pytest.fixture
def imported(db: None) -> KeySecret:
    made: KeySecret = ImportedFactory()
    return made


@pytest.fixture
def browser(key_admin: Any, browser_of: Any) -> Client:
    found: Client = browser_of(key_admin)
    return found


@pytest.mark.parametrize("path", ["/keys/", "/keys/export.csv", "/keys/views/new/", "/orgs/", "/audit/"])
def test_no_address_keeps_it(path: str, imported: Any, browser: Client) -> None:
    answer = browser.get(path, {"q": f"see {imported.text}", imported.text: "1"})
    assert answer.status_code == 302, answer.content
    assert answer["Location"].partition("?")[2] == f"q=see+{CUT}&{CUT}=1"


def test_no_view_and_no_event_keeps_it(imported: Any, browser: Client) -> None:
    browser.post(f"/keys/views/new/?q={imported.text}", {"name": f"My {imported.text}"})
    browser.post("/keys/views/new/?environment=live", {"name": f"My {imported.text}"})
    assert SavedView.objects.get().name == f"My {CUT}…"
    browser.get("/keys/export.csv", {"q": imported.text}, follow=True)
    assert imported.text not in str([*Event.objects.values(), *SavedView.objects.values()])


def test_no_user_agent_keeps_it(imported: Any) -> None:
    ask = Ask("x", "org_a", "v2", user_agent=f"curl {imported.text}")
    assert uses.caller(ask).endswith(imported.text)
    imports.prefixes()
    assert uses.caller(ask) == f"|curl {CUT}…"


def test_no_log_keeps_it(imported: Any) -> None:
    imports.prefixes()
    record = logging.LogRecord("x", logging.INFO, "", 1, "GET /?q=%s", (imported.text,), None)
    assert f"GET /?q={CUT}\\u2026" in Line().format(record)


def test_what_was_imported_meanwhile_is_known_within_half_a_minute(
    db: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert imports.known(True) == imports.known(True) == frozenset()
    ImportedFactory()
    assert imports.known(True) == frozenset()
    monkeypatch.setattr(imports._remembered, "until", 0.0)
    assert imports.known(False) == frozenset()
    assert imports.known(True) == {CUT}
