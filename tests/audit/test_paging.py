"""Pages of the log: complete, without repeats, and still when new events arrive."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import paging, search
from audit.models import Event
from audit.paging import Place
from audit.scope import Scope
from audit.search import Question

ALL = Scope(None, None)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
Happened = Callable[..., Event]


@pytest.fixture
def seven(happened: Happened) -> list[Event]:
    """Seven events, the newest first; the middle three at the same microsecond."""
    for hours in (5, 4, 3, 3, 3, 2, 1):
        happened(ago=timedelta(hours=hours))
    events = list(Event.objects.filter(verb="key.edited"))
    return sorted(events, key=lambda event: (event.occurred_at, event.id), reverse=True)


def _walk(direction: str, start: search.Page) -> list[list[Event]]:
    pages, page = [start.events], start
    while place := getattr(page, direction):
        page = search.find(Question(), ALL, size=3, **{direction: place})
        pages.append(page.events)
    return pages


def test_older_pages_cover_the_log_once_even_within_one_microsecond(seven: list[Event]) -> None:
    pages = _walk("older", search.find(Question(), ALL, size=3))
    assert pages == [seven[:3], seven[3:6], seven[6:]]


def test_newer_leads_back_to_the_top(seven: list[Event]) -> None:
    last = search.find(Question(), ALL, size=3, older=Place(seven[5].occurred_at, seven[5].id))
    assert _walk("newer", last) == [seven[6:], seven[3:6], seven[:3]]


def test_the_ends_lead_nowhere(seven: list[Event]) -> None:
    first = search.find(Question(), ALL, size=3)
    assert first.newer is None
    assert first.older is not None
    everything = search.find(Question(), ALL, size=7)
    assert (everything.newer, everything.older) == (None, None)
    assert search.find(Question(verbs=["key.issued"]), ALL).events == []


def test_events_that_arrive_do_not_move_an_older_page(seven: list[Event], happened: Happened) -> None:
    place = search.find(Question(), ALL, size=3).older
    before = search.find(Question(), ALL, size=3, older=place).events
    for _ in range(4):
        happened()
    assert search.find(Question(), ALL, size=3, older=place).events == before == seven[3:6]


def test_newer_than_the_first_page_shows_what_has_arrived(seven: list[Event], happened: Happened) -> None:
    arrived = happened()
    page = search.find(Question(), ALL, size=3, newer=Place(seven[0].occurred_at, seven[0].id))
    assert page.events == [arrived, *seven[:2]]
    assert page.newer is None


@given(MOMENTS, st.uuids())
def test_a_place_survives_the_address(at: datetime, id: UUID) -> None:
    assert paging.parse(str(Place(at, id))) == Place(at, id)


@pytest.mark.parametrize(
    "text", ["", "x", "1.2", "5f.zz", "f" * 15 + "." + "0" * 32, "1." + "0" * 33, "-1." + "0" * 32]
)
def test_a_broken_place_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        paging.parse(text)
