"""The tag library of every page: {% load axis_ui %}. What each tag promises stands at its function in axis_admin.ui."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from axis_admin.ui import fields, filters, tables, words
from axis_admin.ui.charts import attainment, bars, capacity, described, limits, small, values

register = template.Library()

for drawing in (
    bars.stacked_bars,
    limits.limit_over_time,
    attainment.attainment,
    small.sparkline,
    small.bar,
    capacity.capacity_timeline,
):
    register.simple_tag(drawing)
for said in (described.described, values.value_rows, fields.control, fields.shape, fields.described_by):
    register.simple_tag(said)
for text in (words.share, words.change):
    register.simple_tag(text)
for block in (tables.table, tables.head, tables.rows, tables.row, tables.foot, tables.cell):
    register.simple_block_tag(block)
for word in (words.ago, words.ago_text, words.clock, words.clock_elsewhere, words.clock_text, words.day):
    register.filter(word.__name__, word)
for number in (words.grouped, words.short):
    register.filter(number.__name__, number)
for answer in (fields.wrong, fields.hidden_errors):
    register.filter(answer.__name__, answer)

register.simple_tag(tables.col, takes_context=True)
register.simple_block_tag(filters.filters, takes_context=True)
register.inclusion_tag("ui/_pick.html", takes_context=True)(filters.pick)
register.inclusion_tag("ui/_chip.html", takes_context=True)(filters.chip)
register.inclusion_tag("ui/_quick.html", takes_context=True)(filters.quick)
register.inclusion_tag("ui/_hidden_query.html", takes_context=True)(filters.hidden_query)


@register.simple_block_tag
def card(content: str, title: str, note: str = "", link: str = "", href: str = "#", cls: str = "") -> SafeString:
    """{% card title="Limits" note="3 rules" link="Edit" href=url %}…{% endcard %}: one subject."""
    end = format_html('<div class="end"><a href="{}">{}</a></div>', href, link) if link else ""
    sub = format_html("<p>{}</p>", note) if note else ""
    return format_html(
        '<section class="card{}"><header><h2>{}</h2>{}{}</header>{}</section>',
        f" {cls}" if cls else "",
        title,
        sub,
        end,
        content,
    )
