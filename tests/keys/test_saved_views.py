"""A view of one's own keeps the filter and the order of the list."""

from typing import Any

import pytest

from keys.models import SavedView
from orgs.models import Staff


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("state=active&order=name", "state=active&order=name"),
        ("state=active&order=-created", "state=active"),
        ("state=active&order=nonsense", "state=active"),
    ],
)
def test_a_view_keeps_the_order(asked: str, kept: str, viewer: Staff, browser_of: Any) -> None:
    browser = browser_of(viewer)
    assert browser.get(f"/keys/?{asked}").context["may_save"] is True
    assert browser.post(f"/keys/views/new/?{asked}", {"name": "Mine"})["Location"] == f"/keys/?{kept}"
    assert SavedView.objects.get(owner=viewer).query == kept
    page = browser.get(f"/keys/?{kept}")
    assert (page.context["tab"], page.context["may_save"]) == ("Mine", False)
