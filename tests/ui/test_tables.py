from __future__ import annotations

from django.template import RequestContext, Template
from django.utils.safestring import SafeString

from axis_admin.ui import tables
from tests.ui.conftest import HOSTILE, drawn

TABLE = """{% table caption=caption %}{% head %}{% col "Key" %}{% col "Actions" hidden=True %}{% endhead %}
{% rows %}{% row %}{% cell "Key" %}{{ name }}{% endcell %}
{% cell "Last used" cls="num" %} {% endcell %}{% endrow %}{% endrows %}
{% foot %}{% cell "Sum" cls="num" %}6{% endcell %}{% endfoot %}{% endtable %}"""


def test_a_table_keeps_its_roles_when_the_phone_changes_its_display():
    html = drawn(TABLE, caption="Keys", name="a")
    assert 'role="table"' in html
    assert html.count('role="rowgroup"') == 3
    assert html.count('role="row"') == 3
    assert html.count('role="columnheader"') == 2
    assert html.count('role="cell"') == 3


def test_each_cell_carries_its_label_for_the_phone():
    html = drawn(TABLE, caption="Keys", name="a")
    assert '<td role="cell" data-label="Key">a</td>' in html
    assert '<td role="cell" class="num" data-label="Sum">6</td>' in html


def test_an_empty_cell_is_left_out_on_the_phone():
    assert '<td role="cell" class="num blank" data-label="Last used"></td>' in drawn(TABLE, caption="Keys", name="a")


def test_names_are_escaped_in_captions_and_cells():
    html = drawn(TABLE, caption=HOSTILE, name=HOSTILE)
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 2


def test_a_label_is_escaped_also_where_the_same_text_came_before_as_a_safe_one():
    for label in (SafeString(HOSTILE), HOSTILE):
        html = str(tables.cell(SafeString("6"), label))
        assert ("<script>" in html) is isinstance(label, SafeString)
        assert str(tables.cell(SafeString("6"), "Sum", HOSTILE)).count("&lt;script&gt;") == 1
        assert html == str(tables.cell(SafeString("6"), label))


def test_a_hidden_heading_is_there_for_readers():
    assert '<span class="vh">Actions</span>' in drawn(TABLE, caption="Keys", name="a")


def test_a_table_that_scrolls_can_be_reached_by_keyboard():
    html = drawn('{% table caption="Wide" scroll=True %}{% endtable %}')
    assert 'tabindex="0" role="region" aria-label="Wide"' in html
    assert "cards" not in html


def _heading(request) -> str:
    template = Template('{% load axis_ui %}{% col "Live keys" cls="num" sort="keys" %}')
    return template.render(RequestContext(request))


def test_a_sorted_heading_turns_its_order_and_keeps_the_filter(asking):
    down = _heading(asking("/orgs/?status=active&order=-keys&page=3"))
    assert 'aria-sort="descending"' in down
    assert 'href="?status=active&amp;order=keys"' in down
    up = _heading(asking("/orgs/?order=keys"))
    assert 'aria-sort="ascending"' in up
    assert 'href="?order=-keys"' in up


def test_an_unsorted_heading_says_nothing_of_order(asking):
    assert "aria-sort" not in _heading(asking("/orgs/?order=name"))
