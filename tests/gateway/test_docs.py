"""The page of the OpenAPI document: for anybody, from our own address alone."""

import re
from pathlib import Path

import pytest
from django.test import Client

from axis_admin.gateway import documents


def test_anybody_may_read_the_page(client: Client) -> None:
    response = client.get("/gateway/v1/docs")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_everything_on_it_comes_from_here(client: Client) -> None:
    html = client.get("/gateway/v1/docs").content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(addresses) == 4
    for address in addresses:
        response = client.get(f"/gateway/v1/{address}")
        assert response.status_code == 200, address
        assert response["X-Content-Type-Options"] == "nosniff"
        assert len(response.content) > 100


def test_it_has_no_inline_script_or_style(client: Client) -> None:
    html = client.get("/gateway/v1/docs").content.decode()
    assert re.findall(r"<script[^>]*>", html) == re.findall(r"<script src=[^>]*>", html)
    assert "<style" not in html
    assert "style=" not in html


def test_its_policy_allows_nothing_but_our_own_and_the_icons_of_the_stylesheet(client: Client) -> None:
    policy = client.get("/gateway/v1/docs")["Content-Security-Policy"]
    assert policy == documents.POLICY
    assert "unsafe" not in policy
    assert re.findall(r"[\w-]+ [^;]*data:", policy) == ["img-src 'self' data:"]


@pytest.mark.parametrize("name", ["page.html", "oauth2-redirect.html", "..", "start.css", "swagger-ui.css.map"])
def test_no_other_file_is_served(client: Client, name: str) -> None:
    assert client.get(f"/gateway/v1/docs/{name}").status_code == 404


def test_reading_is_all_that_can_be_done(client: Client) -> None:
    for path in ("openapi.json", "docs", "docs/start.js"):
        response = client.post(f"/gateway/v1/{path}")
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
        assert response["Content-Type"] == "application/problem+json"
        assert client.head(f"/gateway/v1/{path}").status_code == 200


def test_the_files_of_the_page_are_ours_to_serve() -> None:
    assert all((documents._sidecar() / name).is_file() for name in documents.THEIRS)
    assert {path.name for path in Path(documents.OWN).iterdir()} == {"page.html", "start.js"}
