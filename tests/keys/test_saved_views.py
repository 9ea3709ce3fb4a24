"""A view of one's own keeps the filter and the order of the list."""

from typing import Any

import pytest

from keys import actions
from keys.models import SavedView
from orgs.models import Staff
from tests.cast import ACTOR


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


def test_a_view_of_another_page_is_none_of_the_lists(viewer: Staff, browser_of: Any) -> None:
    usage = actions.save_view(owner=viewer, actor=ACTOR, page="usage", name="Mine", query="range=7d")
    browser = browser_of(viewer)
    assert browser.post(f"/keys/views/{usage.uid}/rename/", {"name": "Other"}).status_code == 404
    assert browser.post(f"/keys/views/{usage.uid}/remove/").status_code == 404
    assert SavedView.objects.get(pk=usage.pk).name == "Mine"
