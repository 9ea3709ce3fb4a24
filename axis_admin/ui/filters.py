"""The filter bar: a GET form for the words, and links for everything that has a closed list of values."""

from __future__ import annotations

from collections.abc import Iterable

from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from audit.picks import Link, Pick
from axis_admin.ui import queries


def filters(
    context: Context, content: str, label: str, search: str = "", name: str = "q", picks: str = ""
) -> SafeString:
    """{% filters label="Filter keys" search="Name or prefix" %}{% pick … %}{% endfilters %}.

    name: the parameter of the words. picks: names of the parameters that "Clear all" takes back, apart from `name`,
    parted by blanks; by default all but `order` and `view`.
    """
    own = {name, *picks.split()} if picks else {key for key, _ in queries.kept(context, "order", "view")}
    used = [key for key in own if queries.current(context, key)]
    bar = {
        "label": label,
        "search": search,
        "name": name,
        "q": queries.current(context, name),
        "hidden": queries.kept(context, name),
        "clear": queries.changed(context, **dict.fromkeys(used)) if used else "",
        "content": content,
    }
    return render_to_string("ui/_filters.html", {"bar": bar})


def pick(
    context: Context,
    label: str,
    name: str,
    options: Iterable[tuple[str, str]],
    any_label: str = "Any",
    default: str = "",
) -> dict[str, Pick]:
    """{% pick "Status" name="status" options=statuses %}: one filter of a closed list, as links.

    options: pairs of value and words, as TextChoices.choices gives them. default: the value that holds without the
    parameter; there is then no "Any".
    """
    now = queries.current(context, name) or default
    listed = [(str(value), str(words)) for value, words in options]
    if not default:
        listed.insert(0, ("", any_label))
    links = [
        Link(words, queries.changed(context, **{name: None if value == default else value}), is_on=value == now)
        for value, words in listed
    ]
    chosen = next((link.label for link in links if link.is_on), now) if now else ""
    return {"pick": Pick(label, chosen, links)}


def chip(context: Context, name: str, label: str, value: str = "") -> dict[str, str]:
    """{% chip name="org" label="organization" value=org.name %}: a set filter that one click removes.

    Nothing is drawn while it is not set.
    """
    now = queries.current(context, name)
    return {
        "name": name,
        "label": label,
        "value": (value or now) if now else "",
        "href": queries.changed(context, **{name: None}),
    }


def quick(context: Context, label: str, name: str, value: str) -> dict[str, object]:
    """{% quick "Denied only" name="outcome" value="denied" %}: one link that sets a filter, and takes it back."""
    on = queries.current(context, name) == value
    return {"label": label, "on": on, "href": queries.changed(context, **{name: None if on else value})}


def hidden_query(context: Context, *dropped: str) -> dict[str, object]:
    """{% hidden_query "q" %}: hidden fields with the rest of the query, for a GET form of one's own."""
    return {"hidden": queries.kept(context, *dropped)}
