from __future__ import annotations

import pytest
from django.template import RequestContext, Template

STATUSES = [("active", "Active"), ("revoked", "Revoked")]
BAR = """{% load axis_ui %}{% filters label="Filter keys" search="Name or prefix" %}
{% pick "Status" name="status" options=statuses %}{% chip name="org" label="organization" value=org %}
{% quick "Denied only" name="outcome" value="denied" %}{% endfilters %}"""


@pytest.fixture
def bar(asking):
    def draw(path: str, text: str = BAR, **context: object) -> str:
        return Template(text).render(RequestContext(asking(path), {"statuses": STATUSES, **context}))

    return draw


def test_an_unset_filter_is_dashed_and_offers_its_values_as_links(bar):
    html = bar("/keys/")
    assert '<details class="pick-box add" name="picks">' in html
    assert 'href="?status=active"' in html
    assert "Clear all" not in html


def test_a_set_filter_shows_its_value_and_can_be_taken_back(bar):
    html = bar("/keys/?status=revoked")
    assert "Status <b>Revoked</b>" in html
    assert '<a href="?">' in html
    assert '<a href="?status=revoked" aria-current="true">' in html
    assert '<a class="small" href="?">Clear all</a>' in html


def test_a_filter_keeps_the_others_and_starts_at_the_first_page(bar):
    html = bar("/keys/?q=farm&status=active&after=9&page=2&order=-name")
    assert 'href="?q=farm&amp;status=revoked&amp;order=-name"' in html
    assert "after=9" not in html


def test_words_are_searched_within_the_set_filters(bar):
    html = bar("/keys/?q=farm&status=active&page=2")
    assert 'method="get"' in html
    assert '<input type="hidden" name="status" value="active">' in html
    assert 'name="q" placeholder="Name or prefix" value="farm"' in html
    assert 'name="page"' not in html


def test_clearing_keeps_the_order(bar):
    assert '<a class="small" href="?order=-name">Clear all</a>' in bar("/keys/?q=farm&status=active&order=-name")


def test_a_chip_is_drawn_only_where_it_filters(bar):
    assert 'class="chip"' not in bar("/keys/", org="Halide & Sons")
    html = bar("/keys/?org=org_1&status=active", org="Halide & Sons")
    assert "organization: Halide &amp; Sons" in html
    assert '<a href="?status=active" aria-label="Remove filter organization: Halide &amp; Sons">' in html


def test_a_quick_link_sets_and_unsets(bar):
    assert 'href="?outcome=denied">' in bar("/audit/")
    assert '<a class="pick" href="?" aria-current="true">' in bar("/audit/?outcome=denied")


def test_a_pick_with_a_default_has_no_any(bar):
    text = '{% load axis_ui %}{% pick "Grain" name="grain" options=statuses default="active" %}'
    html = bar("/usage/", text)
    assert "Any" not in html
    assert "Grain <b>Active</b>" in html
    assert '<a href="?" aria-current="true">' in html


def test_what_is_in_the_query_is_escaped(bar):
    html = bar("/keys/?q=%22%3E%3Cscript%3E&status=%3Cscript%3E")
    assert "<script>" not in html
