"""Which days are full, and which ranges fit instead."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgs.capacity import fitting, room, spans
from orgs.capacity.spans import Span

NOV = date(2026, 11, 1)


def _day(number: int) -> date:
    return NOV + timedelta(days=number)


def _room(free: list[int]) -> dict[date, int]:
    return {_day(number): left for number, left in enumerate(free)}


def _span(first: int, last: int) -> Span:
    return Span(_day(first), _day(last))


def test_the_range_of_the_picture_has_room_from_the_first_of_december() -> None:
    # 32 units: all taken up to 30 Nov, 20 of them from 1 to 12 Dec, 12 from 13 Dec on.
    free = _room([0] * 30 + [12] * 12 + [20] * 8)
    wanted = Span(date(2026, 11, 28), date(2026, 12, 5))
    refused = room.refused("Northlight Studios", "lisbon-a", wanted, units=12, room=free)
    assert refused.message == (
        "Northlight Studios cannot have 12 units in lisbon-a from 28 Nov to 5 Dec: no unit is free on 28 to 30 Nov."
    )
    assert [str(one) for one in refused.others] == ["1 to 8 Dec", "9 to 16 Dec"]
    assert refused.most == 0


def test_one_range_before_and_one_after_are_offered_where_both_are() -> None:
    free = _room([5, 5, 5, 1, 1, 5, 5, 5])
    assert fitting.nearest(free, _span(2, 4), units=2) == [_span(0, 2), _span(5, 7)]


def test_two_before_are_offered_where_nothing_follows() -> None:
    free = _room([5, 5, 5, 5, 1])
    assert fitting.nearest(free, _span(3, 4), units=2) == [_span(0, 1), _span(2, 3)]


def test_what_is_not_full_for_as_many_units_says_how_many_there_are() -> None:
    refused = room.refused("Kestrel", "pool", _span(0, 3), units=4, room=_room([9, 3, 1, 9]))
    assert refused.message.endswith(": 3 units are free on 2 Nov, 1 on 3 Nov.")
    assert refused.most == 1


@pytest.mark.parametrize(
    ("free", "said"),
    [
        ([0] * 4 + [12] * 7, "no unit is free on 1 to 4 Nov, 12 on 5 to 11 Nov."),
        ([1, 0, 20, 0, 1], "1 unit is free on 1 Nov and 5 Nov, none on 2 Nov and 4 Nov."),
        ([0, 1, 0, 1, 0], "no unit is free on 1 Nov, 3 Nov and 5 Nov; 1 on 2 Nov and 4 Nov."),
        (
            [5, 0, 4, 0, 9, 8],
            "no unit is free on 2 Nov and 4 Nov; at most 9 units are free on 1 Nov, 3 Nov and 5 to 6 Nov.",
        ),
        ([5, 6, 7, 8], "at most 8 units are free on 1 to 4 Nov."),
    ],
)
def test_what_is_free_is_said_of_each_run_of_days(free: list[int], said: str) -> None:
    refused = room.refused("Kestrel", "pool", _span(0, len(free) - 1), units=16, room=_room(free))
    assert refused.message.endswith(f": {said}")


def test_a_reservation_that_cannot_last_as_long_says_how_long_it_can() -> None:
    refused = room.too_long("pool", _span(0, 4), units=4, room=_room([9, 9, 1, 9, 9]))
    assert "It can last until 2 Nov" in refused.message
    assert refused.others == [_span(0, 1)]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 12, 1), date(2026, 12, 8), "1 to 8 Dec"),
        (date(2026, 11, 28), date(2026, 12, 5), "28 Nov to 5 Dec"),
        (date(2026, 12, 20), date(2027, 1, 3), "20 Dec 2026 to 3 Jan 2027"),
        (date(2026, 12, 8), date(2026, 12, 8), "8 Dec"),
    ],
)
def test_a_range_is_said_as_people_say_it(first: date, last: date, said: str) -> None:
    assert str(Span(first, last)) == said


rooms = st.lists(st.integers(0, 6), min_size=1, max_size=40)


@given(rooms, st.integers(0, 39), st.integers(1, 8), st.integers(1, 6))
def test_what_is_offered_fits_and_nothing_nearer_does(free: list[int], start: int, length: int, units: int) -> None:
    known, wanted = _room(free), _span(start, start + length - 1)
    fits = [
        _span(first, first + length - 1)
        for first in range(len(free) - length + 1)
        if min(free[first : first + length]) >= units
    ]
    before = [one for one in fits if one.first < wanted.first]
    after = [one for one in fits if one.first > wanted.first]
    offered = fitting.nearest(known, wanted, units=units)
    assert set(offered) <= set(fits)
    assert offered == sorted(offered)
    if before and after:
        assert offered == [before[-1], after[0]]
    else:
        near = before[::-1] or after
        apart = [one for one in near if not one.meets(near[0])] if near else []
        assert offered == sorted([*near[:1], *apart[:1]])


@given(rooms, st.integers(0, 39), st.integers(1, 8), st.integers(1, 6))
def test_full_days_reach_and_most_units_agree(free: list[int], start: int, length: int, units: int) -> None:
    known, wanted = _room(free), _span(start, start + length - 1)
    full = fitting.full_days(known, wanted, units=units)
    assert full == [day for day in wanted if known.get(day, 0) < units]
    assert (fitting.most_units(known, wanted) >= units) == (not full)
    last = fitting.reach(known, wanted, units=units)
    assert (last == wanted.last) == (not full)
    assert (last is None) == (full[:1] == [wanted.first])
    assert [day for one in spans.runs(full) for day in one] == full
