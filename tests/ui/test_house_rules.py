"""What no template and no asset may contain, whoever wrote it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ASSETS = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an inline script": re.compile(r"<script\b(?![^>]*\ssrc=)", re.I),
    "an event handler": re.compile(r"\son[a-z]+\s*=", re.I),
    "hx-on": re.compile(r"\bhx-on\b", re.I),
    "a script address": re.compile(r"\b(javascript|js|data):(?!\s)", re.I),
    "evaluated htmx values": re.compile(r"\bhx-(vals|headers|vars)=['\"]\s*(js|javascript):", re.I),
    "something from another site": re.compile(r"(src|href)=['\"](https?:)?//", re.I),
    "a value that is not escaped": re.compile(r"\|\s*safe\b|autoescape off"),
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_template_breaks_the_policy(path):
    text = path.read_text()
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_rules_see_what_they_forbid(what):
    samples = {
        "an inline style": '<p style="color:red">',
        "a style element": "<style>",
        "an inline script": '<script type="module">',
        "an event handler": '<a onclick="x()">',
        "hx-on": '<a hx-on:click="x()">',
        "a script address": '<a href="javascript:x()">',
        "evaluated htmx values": """<a hx-vals='js:{a: 1}'>""",
        "something from another site": '<script src="//cdn.example/x.js">',
        "a value that is not escaped": "{{ name|safe }}",
    }
    assert FORBIDDEN[what].search(samples[what])


@pytest.mark.parametrize("path", ASSETS, ids=name)
def test_an_asset_is_our_own_and_small_and_reaches_for_nothing_outside(path):
    assert path.suffix in {".css", ".js", ".svg"}
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in text
    assert "https://" not in text
    assert "data:image" not in text
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("path", [path for path in ASSETS if path.suffix == ".js"], ids=name)
def test_a_script_writes_text_and_no_markup(path):
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text()
    )


def test_the_stylesheet_takes_in_every_part_of_its_layer_once():
    folder = ROOT / "static" / "axis"
    text = (folder / "axis.css").read_text()
    taken = re.findall(r'@import url\("([^"]+)"\) layer\(\w+\);', text)
    parts = [str(path.relative_to(folder)) for path in folder.rglob("*.css") if path.name != "axis.css"]
    assert sorted(taken) == sorted(parts)


def test_the_page_loads_every_script():
    pages = ["ui/_scripts.html", "delivery/link.html"]
    loaded = "".join((ROOT / "templates" / page).read_text() for page in pages)
    for path in ROOT.glob("static/axis/*.js"):
        assert f"{{% static 'axis/{path.name}' %}}" in loaded
