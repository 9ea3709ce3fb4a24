"""The one time a secret is shown."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string

SECRET = "axk_live_Q7h2VdYs0LpM_EXAMPLEONLY"


@pytest.fixture
def html() -> str:
    context = {"title": "Copy the secret now", "text": "Key a of b.", "secret": SECRET, "done": "/keys/key_1/"}
    return render_to_string("ui/_secret.html", context)


class Attributes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.values += [value for _, value in attrs if value]


def test_the_secret_is_text_and_never_an_attribute(html):
    parsed = Attributes()
    parsed.feed(html)
    assert html.count(SECRET) == 1
    assert not any(SECRET in value for value in parsed.values)


def test_it_is_copied_from_the_page_and_focus_starts_there(html):
    assert "data-secret" in html
    assert 'data-copy data-copy-from="#secret-text"' in html
    assert "autofocus" in html


def test_done_waits_for_the_tick_and_is_a_link_without_script(html):
    assert '<input type="checkbox" data-stored>' in html
    assert '<a class="btn primary" href="/keys/key_1/" data-done>Done</a>' in html


def test_nothing_else_closes_it(html):
    assert "data-close" not in html


def test_a_dialog_that_guards_is_not_closed_by_the_browser():
    assert 'closedby="none"' in render_to_string("ui/_dialog.html", {"id": "s", "body": "ui/_mark.html", "guard": 1})
    assert "closedby" not in render_to_string("ui/_dialog.html", {"id": "s", "body": "ui/_mark.html"})
