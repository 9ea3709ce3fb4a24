"""Questions to the trail: words and filters, a page at a time, newest first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import OperationalError, connection, transaction

from audit.conditions import Condition, among, joined
from audit.models import Event
from audit.paging import Place
from audit.scope import Scope

PAGE = 50
COUNTED = 10_000
SECONDS = 5
COUNT_SECONDS = 1

NEWEST = "ORDER BY occurred_at DESC, id DESC"
OLDEST = "ORDER BY occurred_at, id"
# What the filters look at, so that few words' hits can be taken out first and filtered then.
HITS = """WITH hits AS MATERIALIZED (
    SELECT id, occurred_at, actor_id, verb, operation, outcome, organization, target_type, names, request_id
    FROM audit_event WHERE search @@ %s::tsquery
)"""


class TooSlow(Exception):
    """The question ran into its time-out and was stopped."""


@dataclass(frozen=True)
class Question:
    """What is looked for; everything that is set must hold. `after` is the first moment, `before` the first beyond."""

    words: str = ""
    actors: Sequence[str] = ()
    verbs: Sequence[str] = ()
    organizations: Sequence[str] = ()
    outcome: str = ""
    after: datetime | None = None
    before: datetime | None = None
    operations: Sequence[str] = ()
    named: str = ""
    request_id: str = ""

    def conditions(self) -> list[Condition]:
        """What an event must hold, the words apart."""
        listed = [("actor_id", self.actors), ("verb", self.verbs), ("organization", self.organizations)]
        asked = [
            ("operation = ANY(%s)", list(self.operations)),
            ("outcome = %s", self.outcome),
            ("occurred_at >= %s", self.after),
            ("occurred_at < %s", self.before),
            ("names @> %s", [self.named] if self.named else []),
            ("request_id = %s", self.request_id),
        ]
        return [
            *(among(column, values) for column, values in listed if values),
            *(Condition(sql, (value,)) for sql, value in asked if value),
        ]


@dataclass(frozen=True)
class Page:
    """Events, newest first, and the places to go on from; None where there is nothing beyond."""

    events: list[Event]
    newer: Place | None
    older: Place | None
    count: int | None

    @property
    def is_counted_out(self) -> bool:
        """Whether there are more events than are counted."""
        return self.count is not None and self.count > COUNTED


def find(
    question: Question, scope: Scope, *, older: Place | None = None, newer: Place | None = None, size: int = PAGE
) -> Page:
    """One page: the newest, the one before `older`, or the one after `newer`. TooSlow after five seconds.

    Without a full page after `newer`, the newest page, so that nothing that has come meanwhile is left out.
    """
    with limited(SECONDS):
        asking = _Asking.about(question, scope)
        if newer:
            ids = asking.ids(newer, OLDEST, "(occurred_at, id) > (%s, %s)", size)
            if len(ids) > size:
                return _page(list(reversed(ids[:size])), more_newer=True, more_older=True, count=_counted(asking))
        ids = asking.ids(older, NEWEST, "(occurred_at, id) < (%s, %s)", size)
        return _page(ids[:size], more_newer=older is not None, more_older=len(ids) > size, count=_counted(asking))


def newest(question: Question, scope: Scope, *, size: int) -> list[Event]:
    """The newest events, not counted. TooSlow after five seconds."""
    with limited(SECONDS):
        return _events(_Asking.about(question, scope).ids(None, NEWEST, "", size)[:size])


def about(type: str, id: str) -> Question:
    """Everything that names the object; for an organization everything that happened within it."""
    # The organization's own index is in the log's order, which counts where there are a hundred thousand events.
    return Question(organizations=[id]) if type == "organization" else Question(named=id)


def get(id: UUID, scope: Scope) -> Event | None:
    """The event, or None where it does not exist or is out of scope."""
    asking = _Asking((Condition("id = %s", (id,)), *scope.conditions()), "", are_rare=False)
    return next(iter(_events(asking.ids(None, NEWEST, "", 1))), None)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Stop each statement inside after so many seconds: TooSlow."""
    try:
        with transaction.atomic():
            # Prepared statements would otherwise be planned without the values, and these differ a thousandfold.
            _rows(
                "SELECT set_config('statement_timeout', %s::text, true),"
                " set_config('plan_cache_mode', 'force_custom_plan', true)",
                [str(int(seconds * 1000))],
            )
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise TooSlow from error
        raise


@dataclass(frozen=True)
class _Asking:
    """A question as SQL. Rare words are looked up first and sorted then; among common ones the log is walked in order.

    Each plan alone takes seconds where the other takes milliseconds, and the planner cannot tell them apart.
    """

    where: tuple[Condition, ...]
    words: str
    are_rare: bool

    @classmethod
    def about(cls, question: Question, scope: Scope) -> "_Asking":
        where = (*scope.conditions(), *question.conditions())
        if not question.words:
            return cls(where, "", are_rare=False)
        words = _rows("SELECT audit_query(%s)", [question.words])[0][0]
        hits = "SELECT count(*) FROM (SELECT FROM audit_event WHERE search @@ %s::tsquery LIMIT %s) AS hits"
        return cls(where, words, are_rare=_rows(hits, [words, COUNTED + 1])[0][0] <= COUNTED)

    def ids(self, place: Place | None, order: str, beyond: str, size: int) -> list[UUID]:
        """Up to one more id than a page holds, so that one can tell whether there is another page."""
        begin = [Condition(beyond, (place.occurred_at, place.id))] if place else []
        found = self._found(begin)
        # Among common words a bitmap would gather and sort all of them for the sake of one page.
        _rows("SELECT set_config('enable_bitmapscan', %s, true)", ["off" if self.words and not self.are_rare else "on"])
        rows = _rows(f"{self._hits} SELECT id {found.sql} {order} LIMIT %s", [*found.values, size + 1])
        _rows("SELECT set_config('enable_bitmapscan', 'on', true)", [])
        return [row[0] for row in rows]

    def count(self) -> int:
        """How many events there are, up to one more than are counted."""
        found = self._found([])
        # Every part is written in this module; what was asked stands in the values.
        counted = f"{self._hits} SELECT count(*) FROM (SELECT {found.sql} LIMIT %s) AS found"  # noqa: S608
        return int(_rows(counted, [*found.values, COUNTED + 1])[0][0])

    @property
    def _hits(self) -> str:
        return HITS if self.words and self.are_rare else ""

    def _found(self, besides: Sequence[Condition]) -> Condition:
        """The part from FROM on, with the values of the part before it."""
        if self._hits:
            asked = joined([*self.where, *besides])
            return Condition(f"FROM hits WHERE {asked.sql}", (self.words, *asked.values))
        text = [Condition("search @@ %s::tsquery", (self.words,))] if self.words else []
        asked = joined([*self.where, *besides, *text])
        return Condition(f"FROM audit_event WHERE {asked.sql}", asked.values)


def _page(ids: Sequence[UUID], *, more_newer: bool, more_older: bool, count: int | None) -> Page:
    events = _events(ids)
    places = [Place(event.occurred_at, event.id) for event in events]
    return Page(
        events,
        newer=places[0] if places and more_newer else None,
        older=places[-1] if places and more_older else None,
        count=count,
    )


def _counted(asking: _Asking) -> int | None:
    """The count, or None where counting would keep the reader waiting."""
    try:
        with limited(COUNT_SECONDS):
            return asking.count()
    except TooSlow:
        return None


def _events(ids: Sequence[UUID]) -> list[Event]:
    found = Event.objects.defer("search").in_bulk(ids)
    return [found[one] for one in ids]


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
