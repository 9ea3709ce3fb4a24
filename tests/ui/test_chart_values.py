from __future__ import annotations

from axis_admin.ui.charts import described, values
from tests.ui.conftest import HOSTILE, drawn

CHART = {
    "label": "Generations by day.",
    "column": HOSTILE,
    "series": [{"cls": "s1", "label": "v2"}, {"cls": "s2", "label": "v1"}],
    "points": [{"x": HOSTILE, "v": [3000, 4], "href": f"?q={HOSTILE}"}, {"x": "24 Nov", "v": [0, 1]}],
}


def _table(**changed: object) -> str:
    html = drawn('{% include "ui/_chart.html" with chart=chart only %}', chart=CHART | changed)
    return html.partition("<details>")[2]


def test_the_table_below_a_chart_has_a_row_for_each_slot_with_its_values() -> None:
    html = _table(column="Day")
    assert html.count('<tr role="row">') == 3
    assert '<td role="cell" data-label="Day">24 Nov</td>' in html
    cells = [f'<td role="cell" class="num" data-label="">{value}</td>' for value in ("3,000", "4", "3,004")]
    assert "".join(cells) in html


def test_a_slot_that_opens_something_is_a_link_in_the_table() -> None:
    html = _table(points=[{"x": "23 Nov", "v": [3, 4], "href": "?from=a&to=b"}])
    assert '<a href="?from=a&amp;to=b">23 Nov</a>' in html


def test_what_a_table_of_values_says_is_escaped_in_column_text_and_address() -> None:
    html = str(values.value_rows(CHART, described.described(CHART)["rows"]))
    assert "<script>" not in html
    assert '" onmouseover="' not in html
    assert html.count("&lt;script&gt;") == 4


def test_a_column_without_a_name_is_that_of_days() -> None:
    assert 'data-label="Day">24 Nov</td>' in _table(column="")
