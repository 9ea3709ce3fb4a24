"""The names of things: one word for a route, its view, its template."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import URLResolver, get_resolver

from tests.house.routes import ROUTES


def test_url_view_and_template_share_a_name() -> None:
    templates = Path(settings.BASE_DIR) / "templates"
    for pattern in _patterns(get_resolver().url_patterns):
        app, name = pattern
        if app in ("orgs", "keys", "metering", "audit") and f"{app}:{name[0]}" in ROUTES:
            assert name[0] == name[1], f"{app}:{name[0]} is answered by {name[1]}"
            drawn = [templates / app / f"{name[0]}.html", templates / app / f"_{name[0]}.html"]
            is_a_file = name[0].startswith("export") or name[0].endswith("_file")
            assert is_a_file or any(each.exists() for each in drawn), f"{app}/{name[0]}.html"


def _patterns(patterns: list[Any], app: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, pattern.app_name or app)
        elif pattern.name:
            yield app, (pattern.name, getattr(pattern.callback, "__name__", ""))
