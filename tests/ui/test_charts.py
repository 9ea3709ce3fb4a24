from __future__ import annotations

import re

import pytest

from axis_admin import specimens
from axis_admin.ui.charts import axes, bars, capacity, described, limits, small
from tests.ui.conftest import HOSTILE, drawn


def hostile_bars() -> dict:
    return {
        "label": HOSTILE,
        "series": [{"cls": "s1", "label": HOSTILE}, {"cls": "s2", "label": "v1"}],
        "marks": [{"at": 0.5, "label": HOSTILE}],
        "points": [{"x": HOSTILE, "v": [3, 4]}],
    }


def hostile_limit() -> dict:
    chart = specimens.limit()
    chart["dots"] = [{"at": 3, "value": 600, "label": HOSTILE}]
    chart["points"][0]["title"] = chart["points"][0]["x"] = HOSTILE
    return chart


def hostile_pool() -> str:
    pool = specimens.pool() | {"summary": HOSTILE}
    pool["bars"][0] |= {"label": HOSTILE, "tip": HOSTILE}
    return str(capacity.capacity_timeline(pool, [HOSTILE] * 42, [(0, HOSTILE)], 3.5))


@pytest.mark.parametrize(
    "html", [str(bars.stacked_bars(hostile_bars())), str(limits.limit_over_time(hostile_limit())), hostile_pool()]
)
def test_labels_from_the_database_are_escaped_in_tips_and_in_drawn_text(html):
    assert "<script>" not in html
    assert '" onmouseover="' not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onmouseover=&quot;x&#x27; &amp; Sons" in html


@pytest.mark.parametrize(
    "html", [str(bars.stacked_bars(specimens.bars())), str(limits.limit_over_time(specimens.limit()))]
)
def test_a_chart_has_no_view_box_so_that_its_text_keeps_its_size(html):
    assert html.startswith('<svg aria-hidden="true" focusable="false">')


def test_the_lines_of_a_limit_are_stretched_with_strokes_that_are_not():
    html = str(limits.limit_over_time(specimens.limit()))
    assert html.count("viewBox") == 1
    assert html.count('vector-effect="non-scaling-stroke"') == 2


def test_the_name_of_a_lower_limit_stands_under_the_line_that_comes_down_to_it():
    dot = {"at": 1, "value": 50, "label": "50 again", "dx": -8, "anchor": "end"}
    point = {"x": "1", "used": 1, "limit": 100, "refused": 0}
    heights = []
    for below in (False, True):
        chart = {"kind": "limit", "label": "", "top": 100, "points": [point, point], "dots": [{**dot, "below": below}]}
        heights.append(re.search(r'y="([\d.]+)" text-anchor="end">50 again', str(limits.limit_over_time(chart)))[1])
    assert heights == ["101.0", "128.0"]


def test_where_there_was_no_limit_none_is_drawn_or_told():
    points = [{"x": "1", "used": 50, "limit": limit, "refused": 0} for limit in (None, 100, 80, None, 80)]
    chart = {"kind": "limit", "label": "", "top": 100, "points": points}
    path = re.search(r'class="line limit"[^>]* d="([^"]*)"', str(limits.limit_over_time(chart)))[1]
    assert path == "M200.0 0.0 L400.0 0.0 L400.0 44.0 L600.0 44.0 M800.0 44.0 L1000.0 44.0"
    assert [row[1] for row in described.described(chart)["rows"]] == ["–", "100", "80", "–", "80"]


def test_bars_stand_on_each_other_and_reach_their_height():
    chart = {
        "label": "",
        "top": 100,
        "series": [{"cls": "s1", "label": "a"}, {"cls": "s2", "label": "b"}],
        "points": [{"x": "1", "v": [50, 25]}],
    }
    html = str(bars.stacked_bars(chart))
    assert '<rect class="s1" x="16.000%" width="68.000%" y="110.0" height="109.0"/>' in html
    assert '<rect class="s2" x="16.000%" width="68.000%" y="55.0" height="54.0"/>' in html


def test_tip_and_table_tell_the_same_numbers_as_the_drawing():
    chart = specimens.bars()
    tip = described.tip(chart, chart["points"][0]).split("|")
    assert tip == ["Wed 11 Nov", "v2: 45,210", "v1: 17,340", "The 14 days before, day by day: 61,900", "Total: 62,550"]
    assert described.described(chart)["rows"][0] == ["Wed 11 Nov", "45,210", "17,340", "61,900", "62,550"]


def test_a_bar_in_a_name_does_not_part_the_lines_of_a_tip():
    chart = {"label": "", "series": [{"cls": "s1", "label": "a|b"}], "points": []}
    assert described.tip(chart, {"x": "1|2", "v": [3]}) == "1¦2|a¦b: 3"


def test_a_chart_without_points_is_empty_and_no_error():
    assert str(bars.stacked_bars({"label": "", "points": []})) == '<svg aria-hidden="true" focusable="false"></svg>'
    assert str(limits.limit_over_time({"label": "", "points": []})).endswith("</svg>")


@pytest.mark.parametrize("highest", [*range(60), 77_000, 100_000, 100_001, 1_318_406])
def test_the_upper_edge_is_above_everything_and_divides_into_four_whole_ticks(highest):
    top = axes.nice_top(highest)
    assert highest <= top <= max(4, highest * 2.1)
    assert top % 4 == 0


def test_labels_and_marks_that_would_crowd_a_phone_can_hide():
    html = str(
        bars.stacked_bars(specimens.bars() | {"every": 3, "marks": [{"at": 2, "label": "deploy", "extra": True}]})
    )
    assert 'class="tick minor"' in html
    assert 'class="mark-text extra"' in html


def test_a_mark_near_the_right_edge_is_written_to_its_left():
    html = str(bars.stacked_bars(specimens.bars() | {"marks": [{"at": 13, "label": "late"}]}))
    assert re.search(r'<text class="mark-text " x="92.86%" dx="-6" y="6" text-anchor="end">late</text>', html)


def test_a_plot_can_be_focused_and_says_how_it_is_read():
    html = drawn('{% include "ui/_chart.html" with chart=chart only %}', chart=specimens.bars())
    assert 'class="plot short" tabindex="0" role="group"' in html
    assert "Arrow keys read the values." in html
    assert html.count('class="pt"') == 14
    assert "<summary>Show as table</summary>" in html


def test_a_silent_row_of_numbers_is_a_dotted_line():
    assert "spark flat" in small.sparkline([])
    assert "spark flat" in small.sparkline([0, 0, 0])
    assert "spark flat" not in small.sparkline([0, 3, 0])


def test_a_meter_stays_inside_its_track():
    assert 'class="fill bad" width="100%"' in small.bar(140, "bad")
    assert 'class="notch" x="99%"' in small.bar(10, "", 99)


@pytest.mark.parametrize(
    ("start", "end", "drawn_at"),
    [
        (2, 12, '<text class="res-text" x="4.76%" dx="10" y="41" text-anchor="start">'),
        (2, 4, '<text class="res-text" x="9.52%" dx="6" y="41" text-anchor="start">'),
        (38, 40, '<text class="res-text" x="90.48%" dx="-6" y="41" text-anchor="end">'),
    ],
)
def test_the_name_of_a_short_bar_stands_beside_it(start: int, end: int, drawn_at: str) -> None:
    assert f"{drawn_at}Kestrel VFX · 8</text>" in _timeline({"start": start, "end": end})


def test_a_name_without_room_beside_its_bar_ends_with_it() -> None:
    html = _timeline({"start": 38, "end": 40, "row": 0})
    assert re.search(r'<svg x="90.48%" width="4.76%" y="24" height="26"><text [^>]*>Kestrel VFX · 8</text></svg>', html)


def _timeline(bar: dict) -> str:
    whole = {"label": "Kestrel VFX · 8", "tip": "Kestrel VFX|8 units", **bar}
    pool = specimens.pool() | {"bars": [whole]}
    return str(capacity.capacity_timeline(pool, ["a day"] * 42, [], -1))
