"""Links that change one thing of the page's query and keep the rest."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict
from django.template import Context

PAGING = ("after", "before", "page")


def parameters(context: Context) -> QueryDict:
    """The query of the page that is being rendered; empty without a request."""
    request: HttpRequest | None = context.get("request")
    return request.GET.copy() if request else QueryDict(mutable=True)


def current(context: Context, name: str) -> str:
    """The value of one parameter, empty if it is not set."""
    return parameters(context).get(name, "")


def changed(context: Context, **changes: str | None) -> str:
    """The query with these parameters set, or left out where None, from its first page on: "?status=active"."""
    query = parameters(context)
    for name in PAGING:
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    # A bare "?" clears the query; an empty href would keep it.
    return f"?{query.urlencode()}"


def kept(context: Context, *dropped: str) -> list[tuple[str, str]]:
    """The parameters that a GET form must carry on: all but its own and the place in the list."""
    query = parameters(context)
    skip = {*PAGING, *dropped}
    return [(name, value) for name, values in query.lists() if name not in skip for value in values if value]
