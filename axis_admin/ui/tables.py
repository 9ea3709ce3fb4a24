"""Block tags that write tables which stay tables when the phone layout changes their display."""

from __future__ import annotations

from functools import lru_cache

from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from axis_admin.ui import icons, queries


def table(content: str, caption: str, *, scroll: bool = False, focus: bool = False, cls: str = "") -> SafeString:
    """{% table caption="Keys" %}…{% endtable %}. On a phone each row becomes a card, unless scroll.

    focus: the wrapper can be reached by keyboard, as that of a table that scrolls always can.
    """
    kind = " ".join(filter(None, ["table", "" if scroll else "cards", cls]))
    region = format_html(' tabindex="0" role="region" aria-label="{}"', caption) if focus or scroll else ""
    return format_html(
        '<div class="table-wrap"{}><table class="{}" role="table"><caption class="vh">{}</caption>{}</table></div>',
        region,
        kind,
        caption,
        content,
    )


def head(content: str) -> SafeString:
    """{% head %}{% col "Key" %}…{% endhead %}: the row of headings."""
    return format_html('<thead role="rowgroup"><tr role="row">{}</tr></thead>', content)


def rows(content: str) -> SafeString:
    """{% rows %}{% row %}…{% endrow %}{% endrows %}: the body."""
    return format_html('<tbody role="rowgroup">{}</tbody>', content)


def foot(content: str) -> SafeString:
    """{% foot %}{% cell … %}…{% endfoot %}: one row of sums."""
    return format_html('<tfoot role="rowgroup"><tr role="row">{}</tr></tfoot>', content)


def row(content: str, cls: str = "") -> SafeString:
    """{% row %}{% cell "Key" %}…{% endcell %}{% endrow %}."""
    return format_html('<tr role="row"{}>{}</tr>', _class(cls), content)


def cell(content: str, label: str, cls: str = "") -> SafeString:
    """{% cell "Status" cls="state" %}…{% endcell %}.

    The label names the value on a phone; an empty cell is left out there.
    """
    text = content.strip()
    return SafeString(f"{_cell(label, cls if text else f'{cls} blank'.strip())}{text}</td>")


# A table has hundreds of cells, and a few kinds of them. Typed: a text that is safe and one that is not may be equal.
@lru_cache(maxsize=1024, typed=True)
def _cell(label: str, cls: str) -> SafeString:
    return format_html('<td role="cell"{} data-label="{}">', _class(cls), label)


def col(
    context: Context, label: str, cls: str = "", sort: str = "", *, hidden: bool = False, usual: str = ""
) -> SafeString:
    """{% col "Generations" cls="num" sort="generations" %}: a heading, a link that orders by `?order=` if it sorts.

    hidden: the heading is for readers only. usual: the order that holds without one, if it is by this column.
    """
    if sort:
        return _sorting(context, label, cls, sort, usual)
    text = format_html('<span class="vh">{}</span>', label) if hidden else label
    return format_html('<th scope="col" role="columnheader"{}>{}</th>', _class(cls), text)


def _sorting(context: Context, label: str, cls: str, sort: str, usual: str) -> SafeString:
    order = queries.current(context, "order") or usual
    down = order == f"-{sort}"
    now = "descending" if down else "ascending" if order == sort else ""
    href = queries.changed(context, order=sort if down else f"-{sort}")
    icon = icons.micro("chevron-down" if down else "chevron-up", 14) if now else ""
    told = format_html(' aria-sort="{}"', now) if now else ""
    return format_html(
        '<th scope="col" role="columnheader"{}{}><a href="{}">{}{}</a></th>', _class(cls), told, href, label, icon
    )


def _class(cls: str) -> SafeString | str:
    return format_html(' class="{}"', cls) if cls else ""
