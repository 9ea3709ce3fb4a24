"""The orders of a list of keys, and the place in one where a page begins: it stays when keys come and go."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, DateTimeField, F, Func, TextField, Value
from django.db.models.functions import Cast, Coalesce, Upper
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from keys.endless import Epoch, Infinity
from keys.models import ApiKey, ApiKeyQuerySet

PER_PAGE = 50
NEWEST = "-created"
LARGEST = 2**63


ORDERS: dict[str, Any] = {
    "name": Upper("name"),
    "organization": Upper("organization__name"),
    "expires": Coalesce("expires_at", Infinity()),
    "used": Coalesce("latest_use__last_used_at", Epoch()),
    "created": F("created_at"),
}
OF_TEXT = frozenset({"name", "organization"})
CHOICES = [(f"{sign}{name}", name) for name in ORDERS for sign in ("", "-")]


class Beyond(Func):
    """Whether a row lies beyond a place, both compared as rows: the index of the order answers that at once."""

    output_field = BooleanField()

    def __init__(self, *parts: Any, operator: str = ">") -> None:
        super().__init__(*parts)
        self.template = f"(%(a)s, %(b)s) {operator} (%(c)s, %(d)s)"

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        compiled = [compiler.compile(part) for part in self.get_source_expressions()]
        parts = dict(zip("abcd", (sql for sql, _ in compiled), strict=True))
        return self.template % parts, [value for _, values in compiled for value in values]


@dataclass(frozen=True)
class Place:
    """A key's value in the order, as text, and its primary key."""

    value: str
    pk: int

    def __str__(self) -> str:
        return urlsafe_b64encode(json.dumps([self.value, self.pk]).encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Page:
    """Some keys of a list in its order, and the places of its neighbours: empty where there are none."""

    keys: Sequence[ApiKey]
    back: str
    on: str


def parse(text: str, *, order: str) -> Place:
    """The place that str() wrote in this order; ValueError for anything else."""
    try:
        value, pk = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(value, str) or not isinstance(pk, int) or abs(pk) >= LARGEST or "\x00" in value:
            raise TypeError
        if order.lstrip("-") not in OF_TEXT and value != "infinity":
            datetime.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise ValueError("This is no place in the list.") from error
    return Place(value, pk)


def page(rows: ApiKeyQuerySet, order: str, *, after: Place | None = None, before: Place | None = None) -> Page:
    """One page of the list: its first one, or that after or before a place."""
    is_down, expression = order.startswith("-"), ORDERS[order.lstrip("-")]
    is_back = before is not None
    place = before or after
    rows = ordered(rows, order if not is_back else _turned(order)).annotate(place=Cast(expression, TextField()))
    if place is not None:
        kind: Any = TextField() if order.lstrip("-") in OF_TEXT else DateTimeField()
        value, is_before = Cast(Value(place.value), kind), is_down is not is_back
        beyond = Beyond(expression, F("pk"), value, Value(place.pk), operator="<" if is_before else ">")
        # The second says no more than the first, but is what an index of another table's column can answer.
        rows = rows.filter(beyond, (LessThanOrEqual if is_before else GreaterThanOrEqual)(expression, value))
    found = list(rows.with_secrets()[: PER_PAGE + 1])
    is_more = len(found) > PER_PAGE
    found = found[:PER_PAGE][:: -1 if is_back else 1]
    has_back, has_on = (is_more, True) if is_back else (after is not None, is_more)
    return Page(found, _place(found[0]) if found and has_back else "", _place(found[-1]) if found and has_on else "")


def ordered(rows: ApiKeyQuerySet, order: str) -> ApiKeyQuerySet:
    """The rows in this order, keys that are alike in it by their age."""
    expression = ORDERS[order.lstrip("-")]
    if "used" in order:
        # Every key has the row; said so, it is joined by its index.
        rows = rows.filter(latest_use__isnull=False)
    if order.startswith("-"):
        return rows.order_by(expression.desc(), "-pk")
    return rows.order_by(expression.asc(), "pk")


def _turned(order: str) -> str:
    return order[1:] if order.startswith("-") else f"-{order}"


def _place(key: ApiKey) -> str:
    return str(Place(key.place, key.pk))  # type: ignore[attr-defined]
