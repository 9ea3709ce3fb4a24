from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.test import RequestFactory

from audit.picks import Link, Pick
from axis_admin import specimens
from tests.ui.conftest import HOSTILE

FOLDER = Path(settings.BASE_DIR) / "templates" / "ui"
ENTRY = {"label": HOSTILE, "icon": "key", "href": "/keys/", "current": True}
SHELL = {
    "home": "/",
    "appearance": "/appearance/",
    "sign_out": "/sign-out/",
    "person": {"label": HOSTILE, "roles": "Viewer", "initials": "IC"},
    "groups": [{"label": "Work", "entries": [ENTRY]}],
    "choices": [{"name": "theme", "label": "Theme", "options": [{"value": "dark", "label": "Dark", "on": True}]}],
}
FIELD = specimens.form()["reason"]
REQUEST = RequestFactory().get("/keys/", {"q": HOSTILE})
TEXTS = {"title": HOSTILE, "text": HOSTILE, "label": HOSTILE}
# One context for each component, with a hostile text wherever it takes one.
CONTEXTS = {
    "_badge": {**TEXTS, "icon": "check-circle", "tone": "ok"},
    "_button": {**TEXTS, "icon": "plus", "of": HOSTILE},
    "_callout": {**TEXTS, "action": "See", "href": "/x/"},
    "_chart": {"chart": specimens.bars() | {"label": HOSTILE}},
    "_chip": {"label": "organization", "value": HOSTILE, "href": "?"},
    "_chips": {"chips": [Link(HOSTILE, "?", is_on=True)]},
    "_crumbs": {"crumbs": [(HOSTILE, "/orgs/")], "here": HOSTILE},
    "_dialog": {"id": "d", "body": "ui/_mark.html", "guard": 1},
    "_dialog_head": {**TEXTS, "cancel": "/orgs/"},
    "_diff": {"caption": HOSTILE, "rows": [(HOSTILE, "", HOSTILE, HOSTILE)]},
    "_due": {"d": specimens.DUE[0] | {"text": HOSTILE}},
    "_empty": {**TEXTS, "icon": "key", "action": "Issue", "href": "/x/", "second": "Search", "second_href": "/y/"},
    "_error_summary": {"form": specimens.form()},
    "_event": {"e": {"icon": "key", "text": HOSTILE, "note": HOSTILE}},
    "_facts": {"items": [(HOSTILE, HOSTILE)]},
    "_field": {"field": FIELD, "help": HOSTILE},
    "_field_text": {"field": FIELD},
    "_fields": {"form": specimens.form()},
    "_filters": {"bar": {"label": HOSTILE, "search": HOSTILE, "name": "q", "q": HOSTILE, "hidden": [("a", HOSTILE)]}},
    "_form_actions": {"label": HOSTILE, "cancel": "/x/", "note": HOSTILE},
    "_hidden_query": {"hidden": [("a", HOSTILE)]},
    "_horizon": {},
    "_icon_button": {"icon": "x-mark", "label": HOSTILE, "copy": HOSTILE},
    "_job": {"job": specimens.JOB | {"title": HOSTILE, "poll": "/jobs/1/"}},
    "_legend": {"items": [{"cls": "s1", "label": HOSTILE}, {"line": "ghost", "label": HOSTILE}]},
    "_mark": {},
    "_menu": {"shell": SHELL},
    "_meter": {"m": specimens.METERS[0] | {"label": HOSTILE}},
    "_nav": {"groups": SHELL["groups"]},
    "_pager": {"text": HOSTILE, "of": HOSTILE, "back": "?before=1", "on": "?after=1"},
    "_palette": {"shell": SHELL},
    "_person": {"shell": SHELL, "csrf_token": "t"},
    "_pages": {"page": Paginator(range(9), 3).page(2), "text": HOSTILE, "of": HOSTILE, "request": REQUEST},
    "_pair": {"first": FIELD, "second": FIELD},
    "_pick": {"pick": Pick(HOSTILE, HOSTILE, [Link(HOSTILE, "?a=1", is_on=True)], [FIELD], [("a", HOSTILE)])},
    "_quick": {"label": HOSTILE, "href": "?a=1", "on": True},
    "_rail": {"shell": SHELL},
    "_refusal": {**TEXTS, "icon": "key", "request_id": "4be1", "action": "Home", "href": "/"},
    "_scripts": {},
    "_secret": {**TEXTS, "secret": HOSTILE, "facts": [(HOSTILE, HOSTILE)], "done": "/keys/", "test": "curl"},
    "_stats": {"items": [{"label": HOSTILE, "value": "1", "note": HOSTILE}]},
    "_steps": {"label": HOSTILE, "items": specimens.STEPS},
    "_strip": {"label": HOSTILE, "items": [specimens.CHECKS[0] | {"text": HOSTILE}]},
    "_tally": {"gateways": {"words": HOSTILE, "is_well": False, "href": "/gateways/"}},
    "_tabs": {"label": HOSTILE, "tabs": [{"label": HOSTILE, "href": "/x/", "count": 0}], "current": HOSTILE},
    "_toast": {"text": HOSTILE, "tone": "bad"},
}
VOID = {"input", "meta", "link", "br", "img"}


class Nesting(HTMLParser):
    """Complains about tags that are left open or closed twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("_*.html")))
def test_every_component_renders_well_nested_and_escapes_what_people_wrote(name):
    html = render_to_string(f"ui/{name}.html", CONTEXTS[name])
    assert html.strip()
    assert "<script>alert" not in html
    assert '" onmouseover="' not in html
    nesting = Nesting()
    nesting.feed(html)
    assert nesting.open == []


def test_a_button_is_a_link_where_it_has_an_address():
    html = render_to_string("ui/_button.html", {"label": "Issue key", "href": "/keys/new/", "dialog": 1})
    assert '<a\n    class="btn "' in html
    assert 'href="/keys/new/"' in html
    assert 'hx-get="/keys/new/" hx-target="#dialog"' in html


def test_a_button_submits_a_name_and_a_value():
    html = render_to_string("ui/_button.html", {"label": "Dark", "type": "submit", "name": "theme", "value": "dark"})
    assert 'type="submit"' in html
    assert 'name="theme" value="dark"' in html


def test_a_plain_button_submits_nothing_by_accident():
    assert 'type="button"' in render_to_string("ui/_button.html", {"label": "Copy", "copy": "x"})


def test_an_icon_alone_has_a_name():
    html = render_to_string("ui/_icon_button.html", {"icon": "x-mark", "label": "Cancel"})
    assert 'aria-label="Cancel"' in html
    assert 'aria-hidden="true"' in html


def test_a_pager_without_more_pages_offers_none():
    html = render_to_string("ui/_pager.html", {"text": "3 keys", "of": "keys"})
    assert "3 keys" in html
    assert "<a" not in html


def test_a_pager_of_the_log_says_newer_and_older():
    context = {"of": "events", "back": "?before=9", "on": "?after=3", "back_label": "Newer", "on_label": "Older"}
    html = render_to_string("ui/_pager.html", context)
    assert 'href="?before=9" rel="prev"' in html
    assert 'href="?after=3" rel="next"' in html
    assert "Newer" in html
    assert "Older" in html


def test_the_pages_of_a_list_keep_its_filter():
    context = {"page": Paginator(range(9), 3).page(2), "of": "keys", "request": RequestFactory().get("/?status=paused")}
    html = render_to_string("ui/_pages.html", context)
    assert 'href="?status=paused&amp;page=1" rel="prev"' in html
    assert 'href="?status=paused&amp;page=3" rel="next"' in html


def test_errors_stay_and_are_alerts():
    assert 'role="alert"' in render_to_string("ui/_toast.html", {"text": "No", "tone": "bad"})
    assert 'role="alert"' not in render_to_string("ui/_toast.html", {"text": "Saved"})


def test_a_tab_with_nothing_in_it_says_so():
    html = render_to_string("ui/_tabs.html", {"tabs": [{"label": "Keys", "href": "/", "count": 0}], "current": "Keys"})
    assert "<small>0</small>" in html
    assert 'aria-current="page"' in html


def test_what_was_not_there_before_is_none_in_a_diff():
    html = render_to_string("ui/_diff.html", {"caption": "c", "rows": [("purchase order", "", "PO 1", "")]})
    assert "<del>" not in html
    assert "<ins>PO 1</ins>" in html
